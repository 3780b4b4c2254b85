import type { Command } from 'commander';
import type { z } from 'zod';
import { usageProblem } from '../problem.ts';
import {
  callsGateway,
  lists,
  type RemoteCalled,
  segment,
  showOne,
  understood,
  wholeNumber,
} from '../remote/remote-command.ts';
import type { EndpointCaller, endpointShape } from '../remote/shapes.ts';
import { listOption, type Options, textOption } from '../terminal/command.ts';
import { readSecret, takesSecret } from '../terminal/secret.ts';
import { table } from '../terminal/table.ts';
import { addEndpointSecrets } from './endpoint-secrets.ts';
import { jsonFile, settingsOf, takesSettings } from './endpoint-settings.ts';

const shapes = () => import('../remote/shapes.ts');
const ANYWHERE = 'every address, in place of an allowlist';
const WHAT = 'The secret of the webhook, as the platform has it';

/** `sallyport endpoints`: addresses where webhooks come in. */
export function addEndpoints(program: Command): void {
  const endpoints = program.command('endpoints').description('Addresses where webhooks come in.');
  lists(endpoints.command('list').description('List endpoints, newest first.'), {
    path: '/endpoints',
    shapes: async () => (await shapes()).endpointShape,
    columns: ['ID', 'PLATFORM', 'NAME', 'STATE', 'CREATED'],
    row: (item) => [item.id, item.platform, item.name, item.state, item.createdAt],
    none: 'There are no endpoints.',
  });

  const create = endpoints
    .command('create')
    .description('Make an unguessable address for the webhooks of a platform.')
    .requiredOption(
      '--platform <platform>',
      'such as stripe; generic with --scheme-file; unsigned with confirm',
    )
    .requiredOption('--name <name>', 'what it is called')
    .option('--scheme-file <path>', 'JSON that says how the platform `generic` signs')
    .option('--without-secret', 'nothing is signed, or the keys are fetched from the platform');
  takesAddresses(takesSettings(create));
  callsGateway(takesSecret(create, 'the webhook’s secret'), async (called) => {
    const { options } = called;
    const schemeFile = textOption(options, 'schemeFile');
    const scheme = schemeFile === undefined ? undefined : await jsonFile(schemeFile, '--scheme-file');
    const isWithout = options['withoutSecret'] === true;
    const body = {
      ...(await settingsOf(options)),
      platform: textOption(options, 'platform'),
      name: textOption(options, 'name'),
      scheme,
      secret: isWithout ? undefined : await readSecret(options, { ...called, what: WHAT }),
      allowedAddresses: allowed(options),
    };
    await show(called, { method: 'POST', path: '/endpoints', body });
  });

  const set = endpoints
    .command('set')
    .description('Change what an endpoint does with webhooks; what is not named stays as it is.')
    .argument('<id>', 'ep_…');
  callsGateway(takesSettings(set), async (called) => {
    const body = await settingsOf(called.options);
    if (Object.keys(body).length === 0)
      throw usageProblem('Nothing was named.', 'Name a setting; see `sallyport endpoints set --help`.');
    await show(called, { method: 'PATCH', path: `/endpoints/${segment(called.args[0])}`, body });
  });
  callsGateway(
    endpoints.command('show').description('Show an endpoint.').argument('<id>', 'ep_…'),
    (called) => show(called, { method: 'GET', path: `/endpoints/${segment(called.args[0])}` }),
  );

  for (const [name, state, description] of [
    ['pause', 'paused', 'Pause an endpoint: webhooks get 503, and platforms send them again later.'],
    ['resume', 'active', 'Resume a paused endpoint.'],
  ] as const) {
    callsGateway(endpoints.command(name).description(description).argument('<id>', 'ep_…'), (called) =>
      show(called, { method: 'PATCH', path: `/endpoints/${segment(called.args[0])}`, body: { state } }),
    );
  }

  const setSecret = endpoints
    .command('set-secret')
    .description('Replace the secret of an endpoint.')
    .argument('<id>', 'ep_…');
  callsGateway(takesSecret(setSecret, 'the new secret'), async (called) => {
    const secret = await readSecret(called.options, { ...called, what: WHAT });
    await show(called, { method: 'PATCH', path: `/endpoints/${segment(called.args[0])}`, body: { secret } });
  });

  addEndpointSecrets(endpoints);
  addCounts(endpoints);
  addAddresses(endpoints);
}

function addCounts(endpoints: Command): void {
  const counts = endpoints
    .command('counts')
    .description('Show what became of the webhooks of an endpoint, by day.')
    .argument('<id>', 'ep_…')
    .option('--days <count>', 'how far to look back; 1 to 400, 7 when not given', wholeNumber);
  callsGateway(counts, async ({ client, terminal, options, args }) => {
    const query = { days: textOption(options, 'days') };
    const document = await client.call({
      method: 'GET',
      path: `/endpoints/${segment(args[0])}/counts`,
      query,
    });
    const { items } = understood((await shapes()).endpointCountsShape, document);
    terminal.data(document, () =>
      table({
        columns: ['DAY', 'OUTCOME', 'REASON', 'WEBHOOKS', 'LAST'],
        rows: items.map((one) => [one.day, one.outcome, one.reason, String(one.webhooks), one.lastAt]),
        none: '',
      }),
    );
    if (items.length === 0 && !terminal.json) terminal.say('No webhooks came.');
  });
}

/** From where an endpoint may be called, and from where it is. */
function addAddresses(endpoints: Command): void {
  const setAddresses = endpoints
    .command('set-addresses')
    .description('Say from where an endpoint may be called, in place of what was said before.')
    .argument('<id>', 'ep_…')
    .option('--force', 'even if it refuses somebody who was verified within the last day');
  callsGateway(takesAddresses(setAddresses).option('--allow-from-anywhere', ANYWHERE), async (called) => {
    const { options, args } = called;
    const force = options['force'] === true ? true : undefined;
    const body = { allowedAddresses: addressesOf(options), force };
    await show(called, { method: 'PATCH', path: `/endpoints/${segment(args[0])}`, body });
  });

  const callers = endpoints
    .command('callers')
    .description('Show who called an endpoint, and whether the webhooks were verified.')
    .argument('<id>', 'ep_…')
    .option('--days <count>', 'how far to look back; 1 to 35, 1 when not given', wholeNumber);
  callsGateway(callers, async ({ client, terminal, options, args }) => {
    const query = { days: textOption(options, 'days') };
    const path = `/endpoints/${segment(args[0])}/callers`;
    const document = await client.call({ method: 'GET', path, query });
    const { items } = understood((await shapes()).endpointCallersShape, document);
    terminal.data(document, () => callerTable(items));
    if (items.length === 0 && !terminal.json) terminal.say('Nobody called it.');
  });

  const tryAddresses = endpoints
    .command('try-addresses')
    .description('Try an allowlist on the callers of the last day. Changes nothing.')
    .argument('<id>', 'ep_…');
  callsGateway(
    takesAddresses(tryAddresses).option('--allow-from-anywhere', ANYWHERE),
    async ({ client, terminal, options, args }) => {
      const path = `/endpoints/${segment(args[0])}/try-addresses`;
      const body = { allowedAddresses: addressesOf(options) };
      const document = await client.call({ method: 'POST', path, body });
      const { passing, refused } = understood((await shapes()).addressTrialShape, document);
      const { verified, unverified } = refused;
      terminal.data(document, () => callerTable([...verified, ...unverified]));
      if (terminal.json) return;
      terminal.say(`${passing} webhook(s) of the last day would pass.`);
      const lost = verified.reduce((sum, { webhooks }) => sum + webhooks, 0);
      if (lost > 0) terminal.say(`${lost} verified one(s) would be lost, of ${verified.length} caller(s).`);
      if (unverified.length > 0)
        terminal.say(`Besides, ${unverified.length} caller(s) whose webhooks were refused anyway.`);
    },
  );
}

function takesAddresses(command: Command): Command {
  const collect = (range: string, before: readonly string[]): readonly string[] => [...before, range];
  return command.option(
    '--allow-address <range>',
    'an address or CIDR range that it may be called from; repeat it for more',
    collect,
    [],
  );
}

/** The ranges named, or nothing when none is. */
function allowed(options: Options): readonly string[] | undefined {
  const ranges = listOption(options, 'allowAddress');
  return ranges.length === 0 ? undefined : ranges;
}

/** The ranges named. That nobody names any by mistake is why everywhere has to be said. */
function addressesOf(options: Options): readonly string[] {
  const ranges = allowed(options);
  const isAnywhere = options['allowFromAnywhere'] === true;
  if (ranges !== undefined && isAnywhere)
    throw usageProblem('Both addresses and anywhere were named.', 'Keep one of them.');
  if (ranges === undefined && !isAnywhere)
    throw usageProblem(
      'No address was named.',
      'Name one with --allow-address, or say --allow-from-anywhere.',
    );
  return ranges ?? [];
}

function callerTable(callers: readonly EndpointCaller[]): string {
  return table({
    columns: ['ADDRESS', 'OUTCOME', 'WEBHOOKS', 'FIRST', 'LAST'],
    rows: callers.map((one) => [one.address, one.outcome, String(one.webhooks), one.firstAt, one.lastAt]),
    none: '',
  });
}

async function show(
  called: RemoteCalled,
  call: Parameters<RemoteCalled['client']['call']>[0],
): Promise<void> {
  await showOne(called, { call, shape: (await shapes()).endpointShape, rows: rowsOf(called.client.url) });
}

function rowsOf(url: string) {
  return (item: z.output<typeof endpointShape>): readonly (readonly [string, string])[] => [
    ['id', item.id],
    ['platform', item.platform],
    ['name', item.name],
    ['state', item.state],
    ['allowed from', item.allowedAddresses.length === 0 ? 'anywhere' : item.allowedAddresses.join(', ')],
    ['address', `${url}${item.path}`],
    ['created', item.createdAt],
  ];
}
