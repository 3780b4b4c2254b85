import type { Command } from 'commander';
import { callsGateway, segment, showOne, understood, wholeNumber } from '../remote/remote-command.ts';
import { textOption } from '../terminal/command.ts';
import { readSecret, takesSecret } from '../terminal/secret.ts';
import { table } from '../terminal/table.ts';

const shapes = () => import('../remote/shapes.ts');
const WHAT = 'The new secret of the webhook, as the platform has it';

/** `sallyport endpoints secrets`: several at once, while one takes another's place. */
export function addEndpointSecrets(endpoints: Command): void {
  const secrets = endpoints
    .command('secrets')
    .description('Secrets of an endpoint, of which several can be in force.');

  const list = secrets
    .command('list')
    .description('List the secrets in force, and when each verified a webhook last.')
    .argument('<endpoint>', 'ep_…');
  callsGateway(list, async ({ client, terminal, args }) => {
    const document = await client.call({ method: 'GET', path: `/endpoints/${segment(args[0])}/secrets` });
    const { items } = understood((await shapes()).endpointSecretsShape, document);
    terminal.data(document, () =>
      table({
        columns: ['ID', 'CREATED', 'ENDS', 'USES', 'LAST USED'],
        rows: items.map((one) => [one.id, one.createdAt, one.endsAt, String(one.uses), one.lastUsedAt]),
        none: '',
      }),
    );
    if (items.length === 0 && !terminal.json) terminal.say('It has no secrets.');
  });

  const add = secrets
    .command('add')
    .description('Add a secret that counts at once; those before it go on for a while.')
    .argument('<endpoint>', 'ep_…')
    .option('--overlap-seconds <count>', 'how long those before it go on; a day when not given', wholeNumber);
  callsGateway(takesSecret(add, 'the new secret'), async (called) => {
    const { options, args } = called;
    const overlap = textOption(options, 'overlapSeconds');
    const body = {
      secret: await readSecret(options, { ...called, what: WHAT }),
      overlapSeconds: overlap === undefined ? undefined : Number(overlap),
    };
    await showOne(called, {
      call: { method: 'POST', path: `/endpoints/${segment(args[0])}/secrets`, body },
      shape: (await shapes()).endpointSecretShape,
      rows: (item) => [
        ['id', item.id],
        ['created', item.createdAt],
      ],
    });
  });

  const retire = secrets
    .command('retire')
    .description('End a secret now.')
    .argument('<endpoint>', 'ep_…')
    .argument('<secret>', 'sec_…')
    .option('--force', 'even if it verified a webhook lately');
  callsGateway(retire, async ({ client, terminal, options, args }) => {
    const [endpoint, secret] = args;
    const body = { secret, force: options['force'] === true ? true : undefined };
    await client.call({ method: 'POST', path: `/endpoints/${segment(endpoint)}/secrets/retire`, body });
    terminal.data({ id: secret, retired: true }, () => `${secret} is retired.`);
  });
}
