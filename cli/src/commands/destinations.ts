import type { Command } from 'commander';
import type { z } from 'zod';
import {
  callsGateway,
  lists,
  type RemoteCalled,
  segment,
  showOne,
  understood,
} from '../remote/remote-command.ts';
import type { destinationShape } from '../remote/shapes.ts';
import { type Options, textOption } from '../terminal/command.ts';
import { parseDuration } from '../terminal/duration.ts';
import { readSecret, takesSecret } from '../terminal/secret.ts';
import { destinationBody, takesDestination } from './destination-options.ts';

const shapes = () => import('../remote/shapes.ts');
const WHAT = 'The secret that deliveries are signed with, as the application has it';

/** `sallyport destinations`: where events go. */
export function addDestinations(program: Command): void {
  const destinations = program
    .command('destinations')
    .description('Applications that events are delivered to.');
  lists(destinations.command('list').description('List destinations, newest first.'), {
    path: '/destinations',
    shapes: async () => (await shapes()).destinationShape,
    columns: ['ID', 'NAME', 'STATE', 'URL', 'CREATED'],
    row: (item) => [item.id, item.name, item.state, item.url, item.createdAt],
    none: 'There are no destinations.',
  });

  const named = (name: string, description: string): Command =>
    destinations.command(name).description(description).argument('<id>', 'dst_…');
  callsGateway(named('show', 'Show a destination, without its secrets.'), (called) =>
    showDestination(called, { method: 'GET' }),
  );
  addCreate(destinations);
  callsGateway(
    takesDestination(named('set', 'Change what a destination takes and how it is sent to.')),
    async (called) =>
      showDestination(called, { method: 'PATCH', body: await destinationBody(called.options) }),
  );
  const setUrl = named('set-url', 'Move a destination to another address.');
  callsGateway(setUrl.requiredOption('--url <url>', 'an https:// address'), (called) =>
    showDestination(called, { method: 'PATCH', body: { url: textOption(called.options, 'url') } }),
  );
  callsGateway(named('pause', 'Pause a destination: its deliveries wait.'), (called) =>
    showDestination(called, { method: 'PATCH', body: { state: 'paused' } }),
  );
  callsGateway(
    named('resume', 'Resume a destination that is paused or failing: what waited is delivered.'),
    (called) => showDestination(called, { method: 'PATCH', body: { state: 'active' } }),
  );
  addRotate(
    named(
      'rotate-secret',
      'Give a destination new secrets. Until the old ones end, deliveries are signed with both.',
    ),
  );
  addTest(named('test', 'Send a destination an event of the type sallyport.test, and say how it went.'));
}

function addCreate(destinations: Command): void {
  const create = destinations
    .command('create')
    .description(
      'Name an application that gets events. The secret it verifies them with is printed this once.',
    )
    .requiredOption('--name <name>', 'what it is called')
    .option('--pull', 'it fetches its events, in place of an address that they are pushed to');
  takesSecret(takesDestination(create), 'its secret (one is made when there is none)');
  callsGateway(create, async (called) => {
    const { client, terminal, options } = called;
    const body = {
      name: textOption(options, 'name'),
      ...(options['pull'] === true ? { kind: 'pull' } : {}),
      ...(await destinationBody(options)),
      secret: await givenSecret(called),
    };
    const document = await client.call({ method: 'POST', path: '/destinations', body });
    const { destination, secret } = understood((await shapes()).newDestinationShape, document);
    terminal.data(document, () => secret ?? destination.id);
    if (terminal.json) return;
    terminal.say(
      secret === null
        ? `Made ${destination.id}. It has no secret: its events are fetched with a key.`
        : `Made ${destination.id}. The secret above is shown this once: give it to the application.`,
    );
  });
}

function addRotate(command: Command): void {
  command
    .option(
      '--overlap <span>',
      'how long the old ones sign on, such as 24h; 0s ends them at once',
      parseDuration,
    )
    .option('--request-key <text>', 'of a rotation whose answer was lost: prints the same secret again');
  callsGateway(takesSecret(command, 'the new secret (one is made when there is none)'), async (called) => {
    const { client, terminal, options, args } = called;
    const body = {
      overlapSeconds: options['overlap'],
      secret: await givenSecret(called),
    };
    const path = `/destinations/${segment(args[0])}/rotate-secret`;
    const idempotencyKey = textOption(options, 'requestKey');
    const document = await client.call({ method: 'POST', path, body, idempotencyKey });
    const { secret, secrets, previousEndAt } = understood((await shapes()).rotatedDestinationShape, document);
    const publicKey = secrets.find((each) => each.publicKey !== null && each.endsAt === null)?.publicKey;
    terminal.data(document, () => secret ?? publicKey ?? '');
    if (!terminal.json) terminal.say(`Deliveries are signed with the old ones, too, until ${previousEndAt}.`);
  });
}

function addTest(command: Command): void {
  callsGateway(command, async (called) => {
    await showOne(called, {
      call: { method: 'POST', path: `/destinations/${segment(called.args[0])}/test` },
      shape: (await shapes()).pingShape,
      rows: (item) => [
        ['event', item.event],
        ['went', item.ok ? 'well' : 'wrong'],
        ['status', item.status === null ? '—' : String(item.status)],
        ['reason', item.reason],
        ['ms', String(item.durationMs)],
        ['address', item.address],
        ['answer', item.answerStart],
      ],
    });
  });
}

/** A secret only where one is offered: none is asked for. */
async function givenSecret(called: RemoteCalled): Promise<string | undefined> {
  const { options } = called;
  if (!isSecretGiven(options)) return undefined;
  return readSecret(options, { ...called, what: WHAT });
}

function isSecretGiven(options: Options): boolean {
  return (
    options['secretStdin'] === true || ['secretEnv', 'secretFile'].some((name) => options[name] !== undefined)
  );
}

async function showDestination(
  called: RemoteCalled,
  { method, body }: { method: 'GET' | 'PATCH'; body?: object },
): Promise<void> {
  await showOne(called, {
    call: {
      method,
      path: `/destinations/${segment(called.args[0])}`,
      ...(body === undefined ? {} : { body }),
    },
    shape: (await shapes()).destinationShape,
    rows: rowsOf,
  });
}

/** What there always is, and of the rest what was said. */
function rowsOf(item: z.output<typeof destinationShape>): readonly (readonly [string, string])[] {
  const said: readonly (readonly [string, unknown])[] = [
    ['paused', item.pausedReason],
    ['failing since', item.failingSince],
    ['next try', item.nextProbeAt],
    ['order by', item.orderBy],
    ['signature', item.signature === 'standard-webhooks' ? null : item.signature],
    ['timeout ms', item.timeoutMs],
    ['concurrency', item.concurrency],
    ['rate', item.ratePerSecond],
    ['schedule', item.scheduleSeconds?.join(' ') ?? null],
    ...Object.entries(item.filter).map(([name, value]) => [`takes ${name}`, value] as const),
    ...item.secrets
      .toSorted((one, other) => one.kind.localeCompare(other.kind))
      .map((secret) => [`${secret.kind} secret`, secretText(secret)] as const),
  ];
  return [
    ['id', item.id],
    ['name', item.name],
    ['state', item.state],
    ['url', item.url],
    ...said.flatMap(([name, value]) =>
      value === null || value === undefined
        ? []
        : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as const],
    ),
  ];
}

function secretText({
  id,
  publicKey,
  endsAt,
}: {
  id: string;
  publicKey: string | null;
  endsAt: string | null;
}): string {
  return [publicKey ?? id, ...(endsAt === null ? [] : [`until ${endsAt}`])].join(' ');
}
