import { type Command, Option } from 'commander';
import { callsGateway, lists, segment, showOne, understood } from '../remote/remote-command.ts';
import { textOption } from '../terminal/command.ts';
import { confirmed } from '../terminal/secret.ts';

/** `sallyport keys`: API keys of the environment. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys of the environment.');
  lists(keys.command('list').description('List keys, newest first. No secret is ever shown again.'), {
    path: '/keys',
    shapes: async () => (await import('../remote/shapes.ts')).keyShape,
    columns: ['ID', 'KIND', 'NAME', 'CREATED', 'REVOKED'],
    row: (key) => [key.id, key.kind, key.name, key.createdAt, key.revokedAt],
    none: 'There are no keys.',
  });

  const create = keys
    .command('create')
    .description('Make a key. Its secret is printed this once, alone on stdout.')
    .addOption(
      new Option('--kind <kind>', 'what it is for').choices(['test', 'live', 'admin']).makeOptionMandatory(),
    )
    .requiredOption('--name <name>', 'what it is called');
  callsGateway(create, async ({ client, terminal, options }) => {
    const body = { kind: textOption(options, 'kind'), name: textOption(options, 'name') };
    const document = await client.call({ method: 'POST', path: '/keys', body });
    const { newKeyShape } = await import('../remote/shapes.ts');
    const { key, secret } = understood(newKeyShape, document);
    terminal.data(document, () => secret);
    if (!terminal.json)
      terminal.say(`Made ${key.id}. The key above is shown this once: keep it where secrets are kept.`);
  });

  const revoke = keys
    .command('revoke')
    .description('Revoke a key and every bearer token made with it. It can not be undone.')
    .argument('<id>', 'the id of the key, key_…')
    .option('--yes', 'do not ask');
  callsGateway(revoke, async (called) => {
    const [id] = called.args;
    await confirmed({ ...called, question: `Revoke ${id}? Whoever uses it is refused at once.` });
    const { keyShape } = await import('../remote/shapes.ts');
    await showOne(called, {
      call: { method: 'POST', path: `/keys/${segment(id)}/revoke` },
      shape: keyShape,
      rows: (key) => [
        ['id', key.id],
        ['name', key.name],
        ['revoked', key.revokedAt],
      ],
    });
  });
}
