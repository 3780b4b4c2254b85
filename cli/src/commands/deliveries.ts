import { type Command, Option } from 'commander';
import { callsGateway, lists, segment, showOne } from '../remote/remote-command.ts';
import { textOption } from '../terminal/command.ts';

const shapes = () => import('../remote/shapes.ts');
const last = ({ lastStatus, lastReason }: { lastStatus: number | null; lastReason: string }) =>
  lastStatus === null ? lastReason : String(lastStatus);

/** `sallyport deliveries`: events on their way to destinations. */
export function addDeliveries(program: Command): void {
  const deliveries = program.command('deliveries').description('Events on their way to destinations.');
  const list = deliveries
    .command('list')
    .description('List deliveries, newest first.')
    .option('--event <id>', 'of this event only')
    .option('--destination <id>', 'to this destination only')
    .addOption(
      new Option('--state <state>', 'in this state only').choices(['due', 'waiting', 'delivered', 'dead']),
    );
  lists(list, {
    path: '/deliveries',
    query: (options) => ({
      event: textOption(options, 'event'),
      destination: textOption(options, 'destination'),
      state: textOption(options, 'state'),
    }),
    shapes: async () => (await shapes()).deliveryShape,
    columns: ['ID', 'EVENT', 'STATE', 'ATTEMPTS', 'LAST', 'CHANGED'],
    row: (item) => [item.id, item.event, item.state, String(item.attempts), last(item), item.changedAt],
    none: 'There are no deliveries.',
  });

  const show = deliveries
    .command('show')
    .description('Show a delivery and what each of its newest attempts came to.')
    .argument('<id>', 'dlv_…');
  callsGateway(show, async (called) => {
    await showOne(called, {
      call: { method: 'GET', path: `/deliveries/${segment(called.args[0])}` },
      shape: (await shapes()).deliveryWithAttemptsShape,
      rows: (item) => [
        ['id', item.id],
        ['event', item.event],
        ['destination', item.destination],
        ['state', item.state],
        ['next', item.nextAttemptAt],
        ...item.tries.map((each): readonly [string, string] => [
          `attempt ${each.number}`,
          [
            each.startedAt,
            each.status ?? '',
            each.reason ?? 'delivered',
            `${each.durationMs} ms`,
            each.address ?? '',
            each.answerStart ?? '',
          ]
            .filter((part) => part !== '')
            .join(' '),
        ]),
      ],
    });
  });

  const retry = deliveries
    .command('retry')
    .description('Have a delivery tried at once; for a dead one a new delivery of its event begins.')
    .argument('<id>', 'dlv_…');
  callsGateway(retry, async (called) => {
    await showOne(called, {
      call: { method: 'POST', path: `/deliveries/${segment(called.args[0])}/retry` },
      shape: (await shapes()).deliveryShape,
      rows: (item) => [
        ['id', item.id],
        ['state', item.state],
        ['next', item.nextAttemptAt],
      ],
    });
  });
}
