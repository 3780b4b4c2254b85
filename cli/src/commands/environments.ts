import type { Environment, Gateway } from '@sallyport/gateway';
import { type Command, Option } from 'commander';
import { type Called, runs, textOption } from '../terminal/command.ts';
import { table } from '../terminal/table.ts';

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
        columns: ['ID', 'ORGANIZATION', 'NAME', 'KIND', 'REGION'],
        rows: items.map((item) => [
          item.id,
          names.get(item.organization) ?? item.organization,
          item.name,
          item.kind,
          item.region,
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

function shown({ createdAtMs, ...environment }: Environment): object {
  return { ...environment, createdAt: new Date(createdAtMs).toISOString() };
}
