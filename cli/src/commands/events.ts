import { type Command, Option } from 'commander';
import {
  callsGateway,
  lists,
  type RemoteCalled,
  segment,
  showOne,
  understood,
} from '../remote/remote-command.ts';
import { textOption } from '../terminal/command.ts';
import { confirmed } from '../terminal/secret.ts';
import { addReplays } from './replays.ts';

const shapes = () => import('../remote/shapes.ts');

/** `sallyport events`: webhooks that were verified and stored, and their deliveries. */
export function addEvents(program: Command): void {
  const events = program.command('events').description('Webhooks that were verified and stored.');
  const list = events
    .command('list')
    .description('List events, newest first, without their bodies.')
    .option('--endpoint <id>', 'of this endpoint only')
    .option('--type <type>', 'of this type only')
    .option('--platform <platform>', 'of this platform only')
    .option('--from <time>', 'received at this moment or later, ISO 8601 in UTC')
    .option('--to <time>', 'received before this moment')
    .addOption(
      new Option('--state <state>', 'in this state only').choices([
        'accepted',
        'quarantined',
        'unconfirmed',
        'discarded',
      ]),
    );
  lists(list, {
    path: '/events',
    query: (options) => ({
      endpoint: textOption(options, 'endpoint'),
      type: textOption(options, 'type'),
      platform: textOption(options, 'platform'),
      state: textOption(options, 'state'),
      from: textOption(options, 'from'),
      to: textOption(options, 'to'),
    }),
    shapes: async () => (await shapes()).eventShape,
    columns: ['ID', 'RECEIVED', 'PLATFORM', 'TYPE', 'STATE', 'BYTES'],
    row: (item) => [item.id, item.receivedAt, item.platform, item.type, item.state, String(item.bytes)],
    none: 'There are no events.',
  });

  const show = events
    .command('show')
    .description('Show an event, without its body.')
    .argument('<id>', 'evt_…');
  callsGateway(show, async (called) => {
    await showEvent(called, { method: 'GET', path: `/events/${segment(called.args[0])}` });
  });
  for (const [verb, description] of [
    ['release', 'Let an event that is held go to its destinations after all.'],
    ['discard', 'End an event that is held: it can be seen, and is never delivered.'],
  ] as const) {
    callsGateway(events.command(verb).description(description).argument('<id>', 'evt_…'), (called) =>
      showEvent(called, { method: 'POST', path: `/events/${segment(called.args[0])}/${verb}` }),
    );
  }

  const reveal = events
    .command('reveal')
    .description('Write the body of an event to stdout, byte for byte. The log says so first.')
    .argument('<id>', 'evt_…')
    .option('--yes', 'do not ask');
  callsGateway(reveal, async (called) => {
    const { client, terminal, args } = called;
    await confirmed({ ...called, question: `Show the body of ${args[0]}? The log will name this key.` });
    const document = await client.call({
      method: 'POST',
      path: `/events/${segment(args[0])}/reveal`,
    });
    const { body } = understood((await shapes()).revealShape, document);
    if (terminal.json) terminal.data(document, () => '');
    else process.stdout.write(Buffer.from(body, 'base64'));
  });

  addReplays(events);
}

async function showEvent(
  called: RemoteCalled,
  call: Parameters<RemoteCalled['client']['call']>[0],
): Promise<void> {
  await showOne(called, {
    call,
    shape: (await shapes()).eventShape,
    rows: (item) => [
      ['id', item.id],
      ['type', item.type],
      ['platform', item.platform],
      ['platform’s id', item.platformEvent],
      ['endpoint', item.endpoint],
      ['state', item.state],
      ['reason', item.detail === '–' ? item.reason : `${item.reason}: ${item.detail}`],
      ['received', item.receivedAt],
      ['bytes', String(item.bytes)],
      ['SHA-256', item.digest],
    ],
  });
}
