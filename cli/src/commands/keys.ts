import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { usageProblem } from '../problem.ts';
import { callsGateway, lists, segment, showOne, understood } from '../remote/remote-command.ts';
import type { keyShape } from '../remote/shapes.ts';
import { runs, textOption } from '../terminal/command.ts';
import { confirmed } from '../terminal/secret.ts';
import { facts, table } from '../terminal/table.ts';
import { settingsOf, takesSettings } from './key-options.ts';
import { addKeyUses } from './key-uses.ts';

type Key = z.output<typeof keyShape>;

const shapes = () => import('../remote/shapes.ts');
const KEY = 'the id of the key, key_…';
const SCOPES_SHOWN_MAX = 3;

/** `sallyport keys`: API keys of the environment. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys of the environment.');
  lists(keys.command('list').description('List keys, newest first. No secret is ever shown again.'), {
    path: '/keys',
    shapes: async () => (await shapes()).keyShape,
    columns: ['ID', 'KIND', 'NAME', 'STATE', 'LAST USED', 'SCOPES'],
    row: (key) => [key.id, key.kind, key.name, stateOf(key), key.lastUse?.at ?? '–', scopesText(key.scopes)],
    none: 'There are no keys.',
  });

  runs(
    keys.command('scopes').description('List what keys can be allowed to do, by the kind of key.'),
    async ({ terminal }) => {
      const { SCOPES } = await import('@sallyport/gateway');
      const items = Object.entries(SCOPES).map(([scope, { surface, about }]) => {
        return { scope, kinds: surface === 'admin' ? ['admin'] : ['test', 'live'], about };
      });
      terminal.data({ items }, () =>
        table({
          columns: ['SCOPE', 'KEYS', 'LETS IT'],
          rows: items.map(({ scope, kinds, about }) => [scope, kinds.join(', '), about]),
          none: '',
        }),
      );
    },
  );

  const create = keys
    .command('create')
    .description('Make a key. Its secret is printed this once, alone on stdout.')
    .addOption(
      new Option('--kind <kind>', 'what it is for').choices(['test', 'live', 'admin']).makeOptionMandatory(),
    )
    .requiredOption('--name <name>', 'what it is called');
  callsGateway(takesSettings(create), async ({ client, terminal, options }) => {
    const named = { kind: textOption(options, 'kind'), name: textOption(options, 'name') };
    const body = { ...named, ...settingsOf(options) };
    const document = await client.call({ method: 'POST', path: '/keys', body });
    const { key, secret } = understood((await shapes()).newKeyShape, document);
    terminal.data(document, () => secret);
    if (terminal.json) return;
    terminal.say(`Made ${key.id}. The key above is shown this once: keep it where secrets are kept.`);
    if (key.scopes.length > 0) return;
    terminal.say(`It can do nothing yet: \`sallyport keys change ${key.id} --scope …\` gives it scopes,`);
    terminal.say('and `sallyport keys scopes` lists them.');
  });

  const show = keys
    .command('show')
    .description('Show a key, what it may do, and which of its secrets are in force.')
    .argument('<id>', KEY);
  callsGateway(show, async ({ client, terminal, args }) => {
    const document = await client.call({ method: 'GET', path: `/keys/${segment(args[0])}` });
    const { key, secrets } = understood((await shapes()).shownKeyShape, document);
    const rows = secrets.map(({ id, createdAt, retiresAt }) => [id, createdAt, retiresAt]);
    const columns = ['SECRET', 'CREATED', 'ENDS'];
    terminal.data(
      document,
      () => `${facts(factsOf(key))}\n\n${table({ columns, rows, none: 'No secrets.' })}`,
    );
  });

  const change = keys
    .command('change')
    .description(
      'Change what a key may do, at once on every node. What is given replaces; "none" takes away.',
    )
    .argument('<id>', KEY);
  takesSettings(change)
    .option('--no-signed-only', 'take its requests without a signature again')
    .option('--force', 'even if it locks out the key that asks');
  callsGateway(change, async (called) => {
    const settings = settingsOf(called.options);
    if (Object.keys(settings).length === 0) {
      throw usageProblem('There is nothing to change.', 'Give an option; --help lists them.');
    }
    const body = { ...settings, force: called.options['force'] === true };
    await showOne(called, {
      call: { method: 'PATCH', path: `/keys/${segment(called.args[0])}`, body },
      shape: (await shapes()).keyShape,
      rows: factsOf,
    });
  });

  addKeyUses(keys);

  const revoke = keys
    .command('revoke')
    .description('Revoke a key and every bearer token made with it. It can not be undone.')
    .argument('<id>', KEY)
    .option('--yes', 'do not ask');
  callsGateway(revoke, async (called) => {
    const [id] = called.args;
    await confirmed({ ...called, question: `Revoke ${id}? Whoever uses it is refused at once.` });
    await showOne(called, {
      call: { method: 'POST', path: `/keys/${segment(id)}/revoke` },
      shape: (await shapes()).keyShape,
      rows: (key) => [
        ['id', key.id],
        ['name', key.name],
        ['revoked', key.revokedAt ?? '–'],
      ],
    });
  });
}

function stateOf({ revokedAt, expiresAt, signedOnly }: Key): string {
  if (revokedAt !== null) return 'revoked';
  const until = expiresAt === null ? 'in force' : `until ${expiresAt}`;
  return signedOnly ? `${until}, signed` : until;
}

/** Few scopes by name, many by their number: `keys show` has them all. */
function scopesText(scopes: readonly string[]): string {
  if (scopes.length === 0) return 'none';
  return scopes.length > SCOPES_SHOWN_MAX ? `${scopes.length} scopes` : scopes.join(' ');
}

function factsOf(key: Key): readonly (readonly [string, string])[] {
  const { boundTo, lastUse } = key;
  const listed = (items: readonly string[], none: string) => (items.length === 0 ? none : items.join(' '));
  return [
    ['id', key.id],
    ['kind', key.kind],
    ['name', key.name],
    ['state', stateOf(key)],
    ['scopes', listed(key.scopes, 'none: it can do nothing')],
    ['bound to', boundTo === null ? '–' : `${boundTo.kind}:${boundTo.id}`],
    ['addresses', listed(key.allowedAddresses, 'any')],
    ['origins', listed(key.allowedOrigins, 'none')],
    ['per minute', key.requestsPerMinute === null ? '–' : String(key.requestsPerMinute)],
    ['owner', key.owner],
    ['note', key.note],
    ['created', key.createdAt],
    ['uses', String(key.uses)],
    ['last use', lastUse === null ? '–' : `${lastUse.at} from ${lastUse.address} (${lastUse.agent})`],
  ];
}
