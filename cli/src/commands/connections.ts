import { type Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { Problem, usageProblem } from '../problem.ts';
import { callsGateway, lists, segment, showOne, understood } from '../remote/remote-command.ts';
import type { connectionShape } from '../remote/shapes.ts';
import { listOption, type Options, textOption } from '../terminal/command.ts';
import { confirmed, readSecret, takesSecret } from '../terminal/secret.ts';
import type { Terminal } from '../terminal/terminal.ts';

const SECRET = 'the credential’s secret, or the whole credential as a JSON object';
const shapes = () => import('../remote/shapes.ts');

/** `sallyport connections`: credentials for platforms, in use but never shown. */
export function addConnections(program: Command): void {
  const connections = program
    .command('connections')
    .description('Credentials for platforms: used, never shown.');
  lists(connections.command('list').description('List connections, newest first.'), {
    path: '/connections',
    shapes: async () => (await shapes()).connectionShape,
    columns: ['ID', 'PLATFORM', 'NAME', 'BASE URL', 'CHANGED'],
    row: (item) => [item.id, item.platform, item.name, item.baseUrl, item.changedAt],
    none: 'There are no connections.',
  });

  const create = connections
    .command('create')
    .description('Keep a credential for a platform. It is sealed, and can be used but not read.')
    .requiredOption('--platform <platform>', 'such as koywe')
    .requiredOption('--name <name>', 'what it is called')
    .option(
      '--field <name=value>',
      'a field of the credential that is no secret, such as apiKey=…',
      field,
      [],
    )
    .option('--base-url <url>', 'in place of the host of the platform; must be declared in the configuration')
    .addOption(checksOption());
  callsGateway(takesSecret(create, SECRET), async (called) => {
    const { options, terminal } = called;
    const body = {
      platform: textOption(options, 'platform'),
      name: textOption(options, 'name'),
      credential: await credentialOf(options, terminal),
      baseUrl: textOption(options, 'baseUrl'),
      requestChecks: textOption(options, 'requestChecks'),
    };
    await showOne(called, {
      call: { method: 'POST', path: '/connections', body },
      shape: (await shapes()).connectionShape,
      rows: rowsOf(called.client.url),
    });
  });

  const show = connections
    .command('show')
    .description('Show a connection, without its credential.')
    .argument('<id>', 'con_…');
  callsGateway(show, async (called) => {
    await showOne(called, {
      call: { method: 'GET', path: `/connections/${segment(called.args[0])}` },
      shape: (await shapes()).connectionShape,
      rows: rowsOf(called.client.url),
    });
  });

  const set = connections
    .command('set')
    .description('Change the base address or the checks of a connection, or replace its credential.')
    .argument('<id>', 'con_…')
    .option('--base-url <url>', 'where it calls')
    .addOption(checksOption())
    .option('--credential', 'replace the credential: asks for it, or takes it from a --secret-… option')
    .option('--field <name=value>', 'a field of the new credential that is no secret', field, []);
  callsGateway(takesSecret(set, SECRET), async (called) => {
    const { options, terminal } = called;
    const baseUrl = textOption(options, 'baseUrl');
    const requestChecks = textOption(options, 'requestChecks');
    const wantsCredential =
      ['credential', 'secretStdin', 'secretEnv', 'secretFile'].some((name) => options[name] !== undefined) ||
      listOption(options, 'field').length > 0;
    if (baseUrl === undefined && requestChecks === undefined && !wantsCredential) {
      throw usageProblem(
        'There is nothing to change.',
        'Give --base-url, --request-checks, or --credential with a --secret-… option.',
      );
    }
    const credential = wantsCredential ? await credentialOf(options, terminal) : undefined;
    await showOne(called, {
      call: {
        method: 'PATCH',
        path: `/connections/${segment(called.args[0])}`,
        body: { baseUrl, requestChecks, credential },
      },
      shape: (await shapes()).connectionShape,
      rows: rowsOf(called.client.url),
    });
  });

  const remove = connections
    .command('remove')
    .description('Remove a connection and destroy its credential. It can not be undone.')
    .argument('<id>', 'con_…')
    .option('--yes', 'do not ask');
  callsGateway(remove, async (called) => {
    const [id] = called.args;
    await confirmed({ ...called, question: `Remove ${id} and destroy its credential?` });
    await called.client.call({ method: 'DELETE', path: `/connections/${segment(id)}` });
    called.terminal.data({ id, removed: true }, () => `${id} is removed.`);
  });

  const check = connections
    .command('check')
    .description('Sign in at the platform with the credential kept. Fails when it is not accepted.')
    .argument('<id>', 'con_…');
  callsGateway(check, async ({ client, terminal, args }) => {
    const document = await client.call({
      method: 'POST',
      path: `/connections/${segment(args[0])}/check`,
    });
    const { ok, reason, latencyMs } = understood((await shapes()).checkShape, document);
    if (ok) return terminal.data(document, () => `accepted after ${latencyMs} ms`);
    throw new Problem({
      code: 'CONNECTION_NOT_ACCEPTED',
      message: `The platform was not signed in to: ${reason ?? 'no reason given'}`,
      remedy: `Replace the credential: sallyport connections set ${args[0]} --credential --secret-stdin`,
    });
  });
}

function checksOption(): Option {
  const about = 'how bodies of calls are checked: lenient leaves unknown fields to the platform';
  return new Option('--request-checks <how>', about).choices(['strict', 'lenient', 'off']);
}

function rowsOf(url: string) {
  return (item: z.output<typeof connectionShape>): readonly (readonly [string, string])[] => [
    ['id', item.id],
    ['platform', item.platform],
    ['name', item.name],
    ['base url', item.baseUrl],
    ['checks', item.requestChecks],
    ['call it at', `${url}${item.prefix}`],
    ['created', item.createdAt],
    ['changed', item.changedAt],
  ];
}

function field(given: string, before: readonly string[]): readonly string[] {
  if (!/^[A-Za-z]{1,40}=.+$/s.test(given)) throw new InvalidArgumentError('It is name=value.');
  if (/^(?:secret|password|token|privateKey)=/i.test(given)) {
    throw new InvalidArgumentError(
      'A secret is never an argument, where everyone on the machine can see it.',
    );
  }
  return [...before, given];
}

/** The credential: fields that are no secret as they were given, the rest through a channel that nobody sees. */
async function credentialOf(options: Options, terminal: Terminal): Promise<Record<string, string>> {
  const text = await readSecret(options, { terminal, what: 'The secret of the credential' });
  const fields = Object.fromEntries(
    listOption(options, 'field').map((given) => [
      given.slice(0, given.indexOf('=')),
      given.slice(given.indexOf('=') + 1),
    ]),
  );
  if (!text.startsWith('{')) return { ...fields, secret: text };
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Said below, without the text.
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const credential = Object.fromEntries(
    entries.flatMap(([name, part]) => (typeof part === 'string' ? [[name, part]] : [])),
  );
  if (entries.length === 0 || Object.keys(credential).length !== entries.length) {
    throw usageProblem(
      'The credential is not a JSON object of texts.',
      'Send {"apiKey":"…","secret":"…"} or the secret alone.',
    );
  }
  return { ...fields, ...credential };
}
