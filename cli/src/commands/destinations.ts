import type { Command } from 'commander';
import { callsGateway, lists, segment, showOne, understood } from '../remote/remote-command.ts';
import { textOption } from '../terminal/command.ts';

const shapes = () => import('../remote/shapes.ts');

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

  const create = destinations
    .command('create')
    .description(
      'Name an application that gets every event. The secret it verifies them with is printed this once.',
    )
    .requiredOption('--name <name>', 'what it is called')
    .requiredOption('--url <url>', 'an https:// address');
  callsGateway(create, async ({ client, terminal, options }) => {
    const body = { name: textOption(options, 'name'), url: textOption(options, 'url') };
    const document = await client.call({ method: 'POST', path: '/destinations', body });
    const { destination, secret } = understood((await shapes()).newDestinationShape, document);
    terminal.data(document, () => secret);
    if (!terminal.json)
      terminal.say(
        `Made ${destination.id}. The secret above is shown this once: give it to the application.`,
      );
  });

  change('set-url', 'Move a destination to another address.', (command) =>
    command.requiredOption('--url <url>', 'an https:// address'),
  );
  change('pause', 'Pause a destination: its deliveries wait.', undefined, { state: 'paused' });
  change('resume', 'Resume a paused destination: what waited is delivered.', undefined, { state: 'active' });

  function change(
    name: string,
    description: string,
    more?: (command: Command) => Command,
    body?: object,
  ): void {
    const command = destinations.command(name).description(description).argument('<id>', 'dst_…');
    callsGateway(more?.(command) ?? command, async (called) => {
      await showOne(called, {
        call: {
          method: 'PATCH',
          path: `/destinations/${segment(called.args[0])}`,
          body: body ?? { url: textOption(called.options, 'url') },
        },
        shape: (await shapes()).destinationShape,
        rows: (item) => [
          ['id', item.id],
          ['name', item.name],
          ['state', item.state],
          ['url', item.url],
        ],
      });
    });
  }
}
