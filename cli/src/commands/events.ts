import { type Command, Option } from 'commander';
import { callsGateway, lists, segment, showOne, understood } from '../remote/remote-command.ts';
import { textOption } from '../terminal/command.ts';
import { confirmed } from '../terminal/secret.ts';

const shapes = () => import('../remote/shapes.ts');

/** `sallyport events`: webhooks that were verified and stored, and their deliveries. */
export function addEvents(program: Command): void {
  const events = program.command('events').description('Webhooks that were verified and stored.');
  const list = events
    .command('list')
    .description('List events, newest first, without their bodies.')
    .option('--endpoint <id>', 'of this endpoint only')
    .option('--type <type>', 'of this type only');
  lists(list, {
    path: '/events',
    query: (options) => ({ endpoint: textOption(options, 'endpoint'), type: textOption(options, 'type') }),
    shapes: async () => (await shapes()).eventShape,
    columns: ['ID', 'RECEIVED', 'PLATFORM', 'TYPE', 'BYTES'],
    row: (item) => [item.id, item.receivedAt, item.platform, item.type, String(item.bytes)],
    none: 'There are no events.',
  });

  const show = events
    .command('show')
    .description('Show an event, without its body.')
    .argument('<id>', 'evt_…');
  callsGateway(show, async (called) => {
    await showOne(called, {
      call: { method: 'GET', path: `/events/${segment(called.args[0])}` },
      shape: (await shapes()).eventShape,
      rows: (item) => [
        ['id', item.id],
        ['type', item.type],
        ['platform', item.platform],
        ['platform’s id', item.platformEvent],
        ['endpoint', item.endpoint],
        ['received', item.receivedAt],
        ['bytes', String(item.bytes)],
        ['SHA-256', item.digest],
      ],
    });
  });

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

  const replay = events
    .command('replay')
    .description('Deliver an event again, under the same id.')
    .argument('<id>', 'evt_…')
    .option('--destination <id>', 'to this destination only');
  callsGateway(replay, async ({ client, terminal, args, options }) => {
    const body = { destination: textOption(options, 'destination') };
    const document = await client.call({ method: 'POST', path: `/events/${segment(args[0])}/replay`, body });
    const { deliveries } = understood((await shapes()).replayShape, document);
    terminal.data(document, () => deliveries.join('\n'));
    if (!terminal.json) terminal.say(`${deliveries.length} on the way.`);
  });

  const deliveries = events
    .command('deliveries')
    .description('List deliveries, newest first.')
    .option('--event <id>', 'of this event only')
    .option('--destination <id>', 'to this destination only')
    .addOption(new Option('--state <state>', 'in this state only').choices(['due', 'delivered', 'dead']));
  lists(deliveries, {
    path: '/deliveries',
    query: (options) => ({
      event: textOption(options, 'event'),
      destination: textOption(options, 'destination'),
      state: textOption(options, 'state'),
    }),
    shapes: async () => (await shapes()).deliveryShape,
    columns: ['ID', 'EVENT', 'STATE', 'ATTEMPTS', 'LAST', 'CHANGED'],
    row: (item) => [
      item.id,
      item.event,
      item.state,
      String(item.attempts),
      item.lastStatus === null ? item.lastReason : String(item.lastStatus),
      item.changedAt,
    ],
    none: 'There are no deliveries.',
  });
}
