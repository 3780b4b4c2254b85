import { type Command, Option } from 'commander';
import { usageProblem } from '../problem.ts';
import {
  callsGateway,
  lists,
  type RemoteCalled,
  segment,
  showOne,
  understood,
} from '../remote/remote-command.ts';
import { type Options, textOption } from '../terminal/command.ts';

const shapes = () => import('../remote/shapes.ts');

/** `sallyport events replay` of one event or of those of a time, and `events replays`: what became of the latter. */
export function addReplays(events: Command): void {
  const replay = events
    .command('replay')
    .description('Deliver an event again, under the same id; or the events of a time, in the background.')
    .argument('[id]', 'evt_…, in place of a time')
    .option('--from <time>', 'received at or after this moment, such as 2026-01-31T12:00:00Z')
    .option('--to <time>', 'and before this one; now when not given')
    .option('--platform <platform>', 'of this platform only')
    .option('--type <type>', 'of this type only, or of all that begin so: order.*')
    .option('--endpoint <id>', 'of this endpoint only')
    .option('--destination <id>', 'to this destination only')
    .addOption(
      new Option('--only <which>', 'what the destination has not, or all').choices(['undelivered', 'all']),
    )
    .option('--dry-run', 'only say what would be delivered');
  callsGateway(replay, async (called) => {
    const { args, options } = called;
    const from = textOption(options, 'from');
    if ((args[0] === undefined) === (from === undefined))
      throw usageProblem('Either an event or a time is replayed.', 'Name one event, or a time with --from.');
    if (args[0] !== undefined) await replayOne(called, args[0]);
    else if (options['dryRun'] === true) await tryMany(called);
    else await replayMany(called);
  });

  const replays = events.command('replays').description('Replays of the events of a time.');
  lists(replays.command('list').description('List replays, newest first.'), {
    path: '/replays',
    shapes: async () => (await shapes()).manyReplayShape,
    columns: ['ID', 'STATE', 'EVENTS', 'DELIVERIES', 'CREATED'],
    row: (item) => [item.id, item.state, String(item.events), String(item.deliveries), item.createdAt],
    none: 'There are no replays.',
  });
  for (const [name, method, suffix, description] of [
    ['show', 'GET', '', 'Show how far a replay has come.'],
    ['cancel', 'POST', '/cancel', 'End a replay where it is.'],
  ] as const) {
    callsGateway(replays.command(name).description(description).argument('<id>', 'rpl_…'), (called) =>
      showReplay(called, { method, path: `/replays/${segment(called.args[0])}${suffix}` }),
    );
  }
}

async function replayOne({ client, terminal, options }: RemoteCalled, event: string): Promise<void> {
  const body = { destination: textOption(options, 'destination') };
  const document = await client.call({ method: 'POST', path: `/events/${segment(event)}/replay`, body });
  const { deliveries } = understood((await shapes()).replayShape, document);
  terminal.data(document, () => deliveries.join('\n'));
  if (!terminal.json) terminal.say(`${deliveries.length} on the way.`);
}

function replayMany(called: RemoteCalled): Promise<void> {
  return showReplay(called, { method: 'POST', path: '/replays', body: bodyOf(called.options) });
}

async function tryMany(called: RemoteCalled): Promise<void> {
  await showOne(called, {
    call: { method: 'POST', path: '/replays/try', body: bodyOf(called.options) },
    shape: (await shapes()).replayTrialShape,
    rows: (item) => [
      ['events', `${item.events}${item.complete ? '' : ' and more'}`],
      ['deliveries', `${item.deliveries}${item.complete ? '' : ' and more'}`],
      ...item.sample.map(({ event, destination }): readonly [string, string] => [event, `to ${destination}`]),
    ],
  });
}

function bodyOf(options: Options): object {
  return {
    from: textOption(options, 'from'),
    to: textOption(options, 'to') ?? new Date().toISOString(),
    platform: textOption(options, 'platform'),
    type: textOption(options, 'type'),
    endpoint: textOption(options, 'endpoint'),
    destination: textOption(options, 'destination'),
    only: textOption(options, 'only'),
  };
}

async function showReplay(
  called: RemoteCalled,
  call: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: object },
): Promise<void> {
  await showOne(called, {
    call,
    shape: (await shapes()).manyReplayShape,
    rows: (item) => [
      ['id', item.id],
      ['state', item.state],
      ['events', String(item.events)],
      ['deliveries', String(item.deliveries)],
    ],
  });
}
