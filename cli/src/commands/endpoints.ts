import type { Command } from 'commander';
import type { z } from 'zod';
import { callsGateway, lists, type RemoteCalled, segment, showOne } from '../remote/remote-command.ts';
import type { endpointShape } from '../remote/shapes.ts';
import { textOption } from '../terminal/command.ts';
import { readSecret, takesSecret } from '../terminal/secret.ts';

const shapes = () => import('../remote/shapes.ts');
const WHAT = 'The secret of the webhook, as the platform has it';

/** `sallyport endpoints`: addresses where webhooks come in. */
export function addEndpoints(program: Command): void {
  const endpoints = program.command('endpoints').description('Addresses where webhooks come in.');
  lists(endpoints.command('list').description('List endpoints, newest first.'), {
    path: '/endpoints',
    shapes: async () => (await shapes()).endpointShape,
    columns: ['ID', 'PLATFORM', 'NAME', 'STATE', 'CREATED'],
    row: (item) => [item.id, item.platform, item.name, item.state, item.createdAt],
    none: 'There are no endpoints.',
  });

  const create = endpoints
    .command('create')
    .description('Make an unguessable address for the webhooks of a platform.')
    .requiredOption('--platform <platform>', 'such as koywe')
    .requiredOption('--name <name>', 'what it is called');
  callsGateway(takesSecret(create, 'the webhook’s secret'), async (called) => {
    const { options } = called;
    const secret = await readSecret(options, { ...called, what: WHAT });
    const body = { platform: textOption(options, 'platform'), name: textOption(options, 'name'), secret };
    await show(called, { method: 'POST', path: '/endpoints', body });
  });

  for (const [name, state, description] of [
    ['pause', 'paused', 'Pause an endpoint: webhooks get 503, and platforms send them again later.'],
    ['resume', 'active', 'Resume a paused endpoint.'],
  ] as const) {
    callsGateway(endpoints.command(name).description(description).argument('<id>', 'ep_…'), (called) =>
      show(called, { method: 'PATCH', path: `/endpoints/${segment(called.args[0])}`, body: { state } }),
    );
  }

  const setSecret = endpoints
    .command('set-secret')
    .description('Replace the secret of an endpoint.')
    .argument('<id>', 'ep_…');
  callsGateway(takesSecret(setSecret, 'the new secret'), async (called) => {
    const secret = await readSecret(called.options, { ...called, what: WHAT });
    await show(called, { method: 'PATCH', path: `/endpoints/${segment(called.args[0])}`, body: { secret } });
  });
}

async function show(
  called: RemoteCalled,
  call: Parameters<RemoteCalled['client']['call']>[0],
): Promise<void> {
  await showOne(called, { call, shape: (await shapes()).endpointShape, rows: rowsOf(called.client.url) });
}

function rowsOf(url: string) {
  return (item: z.output<typeof endpointShape>): readonly (readonly [string, string])[] => [
    ['id', item.id],
    ['platform', item.platform],
    ['name', item.name],
    ['state', item.state],
    ['address', `${url}${item.path}`],
    ['created', item.createdAt],
  ];
}
