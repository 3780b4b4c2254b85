import { z } from 'zod';
import { isoTime, toBase64 } from '#base';
import type { Delivery } from '#delivery';
import type { EventView, Ingest } from '#ingest';
import { type Route, route } from '../route.ts';
import { idParams, idShape, pageOf, pageQuery, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const stateShape = z.enum(['accepted', 'quarantined', 'unconfirmed', 'discarded']).meta({
  description: 'Only accepted events go to destinations; those held wait for a person, or for the platform.',
});
const eventShape = z
  .strictObject({
    id: idShape('event'),
    endpoint: idShape('endpoint').nullable().meta({ description: "Null for an application's own event." }),
    platform: z.string(),
    type: z.string().nullable(),
    state: stateShape,
    reason: z.string().nullable().meta({ description: 'Why it is held or was discarded.' }),
    detail: z.string().nullable().meta({ description: 'Where in the rules; nothing of what it carries.' }),
    platformEvent: z
      .string()
      .nullable()
      .meta({ description: "The platform's own id of the event, as it was signed." }),
    receivedAt: timeShape,
    bytes: z.number().int(),
    digest: z.string().meta({ description: 'SHA-256 of the body, hexadecimal.' }),
  })
  .meta({ id: 'Event' });

const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Events and their deliveries. */
export function eventRoutes(rooms: {
  ingest: Ingest;
  delivery: Delivery;
  pageItemsMax: number;
}): readonly Route[] {
  const { ingest, delivery, pageItemsMax } = rooms;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/events',
      surface: 'admin',
      scope: 'events:read',
      summary: 'Lists events, newest first, without their bodies.',
      query: pageQuery(pageItemsMax, {
        endpoint: idShape('endpoint').optional(),
        type: z.string().max(100).optional(),
        platform: z.string().max(40).optional(),
        state: stateShape.optional(),
        from: z.iso.datetime().optional().meta({ description: 'Received at this moment or later.' }),
        to: z.iso.datetime().optional().meta({ description: 'Received before this moment.' }),
      }),
      status: 200,
      answer: pageOf(eventShape),
      faults: refusals,
      handle: async (call) => {
        const { from, to, ...filters } = call.query;
        const page = await ingest.events.list({
          environment: principalOf(call).environment,
          ...filters,
          fromMs: from === undefined ? undefined : Date.parse(from),
          toMs: to === undefined ? undefined : Date.parse(to),
        });
        return { items: page.items.map(shownEvent), next: page.next };
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/events/{id}',
      surface: 'admin',
      scope: 'events:read',
      summary: 'Shows an event, without its body.',
      params: idParams('event'),
      status: 200,
      answer: eventShape,
      faults: [...refusals, 'EVENT_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shownEvent(await ingest.events.get({ environment, event: call.params.id }));
      },
    }),
    ...(['release', 'discard'] as const).map((verb) =>
      route({
        method: 'POST',
        path: `/admin/v1/events/{id}/${verb}`,
        surface: 'admin',
        scope: 'events:decide',
        summary:
          verb === 'release'
            ? 'Lets an event that is held go to its destinations after all.'
            : 'Ends an event that is held: it can still be seen, and is never delivered.',
        params: idParams('event'),
        status: 200,
        answer: eventShape,
        faults: [...refusals, 'EVENT_NOT_FOUND', 'EVENT_NOT_HELD'],
        handle: async (call) => {
          const target = { environment: principalOf(call).environment, event: call.params.id };
          return shownEvent(await ingest.events[verb](target, call.actor));
        },
      }),
    ),
    route({
      method: 'POST',
      path: '/admin/v1/events/{id}/reveal',
      surface: 'admin',
      scope: 'events:reveal',
      summary:
        'Gives the body of an event, byte-exact in base64. The log has an entry before the body is opened.',
      params: idParams('event'),
      status: 200,
      answer: z.strictObject({ id: idShape('event'), contentType: z.string(), body: z.base64() }),
      faults: [...refusals, 'EVENT_NOT_FOUND', 'AUDIT_UNAVAILABLE'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, event: call.params.id };
        const { contentType, body } = await ingest.events.reveal(target, call.actor);
        return { id: call.params.id, contentType, body: toBase64(body) };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/events/{id}/replay',
      surface: 'admin',
      scope: 'events:replay',
      summary:
        'Delivers an event again, to every active destination or to the one named, under the same event id.',
      params: idParams('event'),
      body: z.strictObject({ destination: idShape('destination').optional() }),
      status: 200,
      answer: z.strictObject({ deliveries: z.array(idShape('delivery')) }),
      faults: [...refusals, 'EVENT_NOT_FOUND', 'EVENT_HELD', 'DESTINATION_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, event: call.params.id };
        const { deliveries } = await delivery.replay({ ...target, ...call.body }, call.actor);
        return { deliveries: [...deliveries] };
      },
    }),
  ];
}

function shownEvent({ receivedAtMs, ...event }: EventView): z.input<typeof eventShape> {
  return { ...event, receivedAt: isoTime(receivedAtMs) };
}
