import { z } from 'zod';
import { isoTime, openSecretText } from '#base';
import type { Delivery, DestinationView } from '#delivery';
import { type Route, route } from '../route.ts';
import { idParams, idShape, nameShape, pageOf, pageQuery, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const stateShape = z.enum(['active', 'paused']);
const destinationShape = z
  .strictObject({
    id: idShape('destination'),
    name: nameShape,
    url: z.string(),
    state: stateShape,
    createdAt: timeShape,
  })
  .meta({ id: 'Destination' });
const urlShape = z.string().min(1).max(2_000);
const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Administration of destinations. */
export function destinationRoutes(rooms: { delivery: Delivery; pageItemsMax: number }): readonly Route[] {
  const { destinations } = rooms.delivery;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/destinations',
      surface: 'admin',
      scope: 'destinations:read',
      summary: 'Lists the destinations of the environment, newest first.',
      query: pageQuery(rooms.pageItemsMax, {}),
      status: 200,
      answer: pageOf(destinationShape),
      faults: refusals,
      handle: async (call) => {
        const page = await destinations.list({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shown), next: page.next };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/destinations',
      surface: 'admin',
      scope: 'destinations:write',
      summary:
        'Names an application that gets every event, and makes the secret it verifies them with (shown this once).',
      body: z.strictObject({ name: nameShape, url: urlShape }),
      status: 201,
      answer: z.strictObject({ destination: destinationShape, secret: z.string() }),
      faults: [...refusals, 'CONFLICT'],
      handle: async (call) => {
        const made = await destinations.create(
          { environment: principalOf(call).environment, ...call.body },
          call.actor,
        );
        return { destination: shown(made.destination), secret: openSecretText(made.secret) };
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/destinations/{id}',
      surface: 'admin',
      scope: 'destinations:read',
      summary: 'Shows a destination.',
      params: idParams('destination'),
      status: 200,
      answer: destinationShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shown(await destinations.get({ environment, destination: call.params.id }));
      },
    }),
    route({
      method: 'PATCH',
      path: '/admin/v1/destinations/{id}',
      surface: 'admin',
      scope: 'destinations:write',
      summary: 'Moves, pauses or resumes a destination. While paused, its deliveries wait.',
      params: idParams('destination'),
      body: z.strictObject({ url: urlShape.optional(), state: stateShape.optional() }),
      status: 200,
      answer: destinationShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, destination: call.params.id };
        const { url, state } = call.body;
        if (url !== undefined) await destinations.setUrl({ ...target, url }, call.actor);
        if (state !== undefined) await destinations.setState({ ...target, state }, call.actor);
        return shown(await destinations.get(target));
      },
    }),
  ];
}

function shown({ id, name, url, state, createdAtMs }: DestinationView): z.input<typeof destinationShape> {
  return { id, name, url, state, createdAt: isoTime(createdAtMs) };
}
