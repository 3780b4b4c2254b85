import type { Actor, Environment, EnvironmentId, Gateway, Rooms } from '@sallyport/gateway';
import { type Command, Option } from 'commander';
import { type Called, runs, textOption } from '../terminal/command.ts';
import { repeatedName } from '../terminal/secret.ts';
import { facts, table } from '../terminal/table.ts';

const ID = 'the id of the environment, env_…';
const KINDS = ['development', 'staging', 'production'] as const;

/** `sallyport environments`: the first steps in an installation, taken at its database. */
export function addEnvironments(program: Command): void {
  const environments = program
    .command('environments')
    .description('Environments, made and listed at the database itself: for the one who runs the gateway.');
  const create = environments
    .command('create')
    .description('Make an environment and its first admin key, which is printed this once, alone on stdout.')
    .requiredOption('--organization <name>', 'whose it is; made when there is none of that name')
    .requiredOption('--name <name>', 'small letters, digits and "-"')
    .addOption(new Option('--kind <kind>', 'what it is for').choices(KINDS).makeOptionMandatory())
    .requiredOption('--region <region>', 'where its data stays: a label of your own')
    .option('--create-root-key', 'make the root key when there is none: for the very first environment');
  runs(takesFile(create), createEnvironment);
  const list = environments.command('list').description('List environments, oldest first.');
  runs(takesFile(list), listEnvironments);

  const freeze = environments
    .command('freeze')
    .description('Stop an environment: nothing comes in, goes out or is delivered. What is there stays.')
    .argument('<id>', ID);
  runs(takesFile(freeze), (called) =>
    changeEnvironment(called, async ({ rooms, id, system }) => rooms.environments.freeze(id, system)),
  );
  const unfreeze = environments
    .command('unfreeze')
    .description('Let a frozen environment work again. What waited is delivered.')
    .argument('<id>', ID);
  runs(takesFile(unfreeze), (called) =>
    changeEnvironment(called, async ({ rooms, id, system }) => rooms.environments.unfreeze(id, system)),
  );
  const remove = environments
    .command('delete')
    .description(
      'Freeze an environment now, and delete it with everything in it, its log too, after limits.environmentDeletionDelaySeconds. Export its log before.',
    )
    .argument('<id>', ID)
    .option('--confirm <name>', 'the name of the environment, to say that it is meant');
  runs(takesFile(remove), deleteEnvironment);
  const keep = environments
    .command('keep')
    .description('Keep an environment that is to be deleted. It stays frozen.')
    .argument('<id>', ID);
  runs(takesFile(keep), (called) =>
    changeEnvironment(called, async ({ rooms, id, system }) => rooms.environments.cancelDeletion(id, system)),
  );
}

async function deleteEnvironment(called: Called): Promise<void> {
  const name = await repeatedName(called);
  await changeEnvironment(called, async ({ rooms, id, system }) =>
    rooms.environments.requestDeletion(id, { name }, system),
  );
}

interface Change {
  readonly rooms: Rooms;
  readonly id: EnvironmentId;
  readonly system: Actor;
}

async function changeEnvironment(
  called: Called,
  change: (given: Change) => Promise<Environment>,
): Promise<void> {
  const { terminal, args } = called;
  const { Fault, isId, SYSTEM } = await import('@sallyport/gateway/base');
  const [id] = args;
  if (!isId('environment', id)) throw new Fault('ENVIRONMENT_NOT_FOUND');
  await withLocalGateway(called, async ({ rooms }) => {
    const changed = await change({ rooms, id, system: SYSTEM });
    const { deleteAfterMs } = changed;
    terminal.data(shown(changed), () =>
      facts([
        ['id', changed.id],
        ['name', changed.name],
        ['kind', changed.kind],
        ['state', changed.state],
        ['delete after', deleteAfterMs === null ? 'no' : new Date(deleteAfterMs).toISOString()],
      ]),
    );
    if (deleteAfterMs !== null && !terminal.json) {
      terminal.say(
        `Until then \`sallyport environments keep ${changed.id}\` keeps it. Then it can't be brought back.`,
      );
    }
  });
}

async function createEnvironment(called: Called): Promise<void> {
  const { terminal, options } = called;
  const { openSecretText, SYSTEM, scopesOf } = await import('@sallyport/gateway');
  await withLocalGateway(called, async ({ rooms }) => {
    const wanted = textOption(options, 'organization') ?? '';
    const known = (await rooms.environments.listOrganizations()).find(({ name }) => name === wanted);
    const organization = known ?? (await rooms.environments.createOrganization({ name: wanted }, SYSTEM));
    const environment = await rooms.environments.create(
      {
        organization: organization.id,
        name: textOption(options, 'name') ?? '',
        kind: KINDS.find((kind) => kind === options['kind']) ?? 'development',
        region: textOption(options, 'region') ?? '',
      },
      SYSTEM,
    );
    const made = await rooms.access.keys.create(
      { environment: environment.id, kind: 'admin', name: 'first', scopes: scopesOf('admin') },
      SYSTEM,
    );
    const secret = openSecretText(made.secret);
    terminal.data(
      { environment: shown(environment), key: { id: made.key.id, kind: 'admin' }, secret },
      () => secret,
    );
    if (!terminal.json) {
      terminal.say(
        `Made ${environment.id}. Its admin key above is shown this once: keep it where secrets are kept.`,
      );
    }
  });
}

async function listEnvironments(called: Called): Promise<void> {
  const { terminal } = called;
  await withLocalGateway(called, async ({ rooms }) => {
    const names = new Map((await rooms.environments.listOrganizations()).map(({ id, name }) => [id, name]));
    const items = await rooms.environments.list();
    terminal.data({ items: items.map(shown) }, () =>
      table({
        columns: ['ID', 'ORGANIZATION', 'NAME', 'KIND', 'REGION', 'STATE'],
        rows: items.map((item) => [
          item.id,
          names.get(item.organization) ?? item.organization,
          item.name,
          item.kind,
          item.region,
          item.state,
        ]),
        none: '',
      }),
    );
    if (items.length === 0 && !terminal.json) terminal.say('There are no environments.');
  });
}

async function withLocalGateway(
  { terminal, options }: Called,
  work: (gateway: Gateway) => Promise<void>,
): Promise<void> {
  const { loadNamed } = await import('../production/load.ts');
  const { openLocalGateway } = await import('../production/open-gateway.ts');
  const { talkingLog } = await import('../terminal/talking-log.ts');
  const { config } = loadNamed(options);
  const createRootKey = options['createRootKey'] === true;
  const { gateway, close } = await openLocalGateway({ config, log: talkingLog(terminal), createRootKey });
  try {
    await work(gateway);
  } finally {
    await close();
  }
}

function takesFile(command: Command): Command {
  return command.option(
    '--config <file>',
    'the configuration file; sallyport.yaml where the command runs, if it is there',
  );
}

function shown({ createdAtMs, deleteAfterMs, ...environment }: Environment): object {
  const deleteAfter = deleteAfterMs === null ? null : new Date(deleteAfterMs).toISOString();
  return { ...environment, deleteAfter, createdAt: new Date(createdAtMs).toISOString() };
}
