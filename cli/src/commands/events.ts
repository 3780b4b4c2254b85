import type { Command } from 'commander';
import { callsGateway, lists, segment, showOne, understood } from '../remote/remote-command.ts';
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

  addReplays(events);
}
