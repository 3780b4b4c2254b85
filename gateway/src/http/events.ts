import { z } from 'zod';
import type { Binding, Principal } from '#access';
import { type DestinationId, Fault, isId, isoTime, type Limits, toBase64 } from '#base';
import type { Delivery, PulledEvent } from '#delivery';
import type { Ingest } from '#ingest';
import { principalOf } from './admin/environment.ts';
import { type BindingOf, type Route, route } from './route.ts';
import { idShape, timeShape } from './shapes.ts';

const typeShape = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/, { error: 'must be 1 to 100 visible characters, such as order.paid' });

const pulledShape = z
  .strictObject({
    delivery: idShape('delivery'),
    event: idShape('event'),
    attempt: z.number().int().meta({ description: 'How often it was given, this time included.' }),
    platform: z.string(),
    type: z.string().nullable(),
    receivedAt: timeShape,
    contentType: z.string(),
    headers: z.array(z.tuple([z.string(), z.string()])).meta({
      description: 'Header fields of the webhook that its endpoint keeps.',
    }),
    body: z.string().meta({ contentEncoding: 'base64', description: 'Byte for byte as it came in.' }),
  })
  .meta({ id: 'PulledEvent' });

const destinationShape = idShape('destination').optional().meta({
  description: 'The pull destination. A key that is bound to one need not name it.',
});

/** What applications do with events: they send their own, and fetch what is not sent to them. */
export function eventSurface(rooms: {
  ingest: Ingest;
  delivery: Delivery;
  limits: Limits;
}): readonly Route[] {
  const { ingest, limits } = rooms;
  // Not taken apart here: the document of the API is made without what is behind it.
  const pull = () => rooms.delivery.pull;
  return [
    route({
      method: 'POST',
      path: '/v1/events',
      surface: 'runtime',
      scope: 'events:send',
      summary:
        'Sends a webhook of your own to every destination that takes its type: durable when answered, its body delivered as it is.',
      body: z.looseObject({ type: typeShape }),
      takesIdempotencyKey: 'always',
      status: 200,
      answer: z.strictObject({ event: idShape('event'), duplicate: z.boolean() }),
      faults: ['INVALID_REQUEST', 'IDEMPOTENCY_KEY_REUSED', 'AUDIT_UNAVAILABLE'],
      handle: async (call) => {
        const { environment, key: sender } = principalOf(call);
        const requestKey = call.idempotencyKey;
        if (requestKey === undefined)
          throw missing('header.idempotency-key', 'is missing: what can not be repeated safely gets lost');
        return ingest.own.send({ environment, sender, type: call.body.type, body: call.bytes, requestKey });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/events',
      surface: 'runtime',
      scope: 'events:pull',
      on: destinationOf,
      summary:
        'Fetches what a pull destination has for you, oldest first, and waits for it where asked to. What is not acknowledged is given again when its lease ends.',
      query: z.strictObject({
        destination: destinationShape,
        after: idShape('batch')
          .optional()
          .meta({ description: 'The batch of the answer before: acknowledged first, as a whole.' }),
        limit: seconds(1, limits.pullItemsMax)
          .default(limits.pullItemsMax)
          .meta({ description: 'Events at most.' }),
        wait: seconds(0, limits.pullWaitSecondsMax)
          .default(0)
          .meta({ description: 'Seconds to wait while there is nothing.' }),
        lease: seconds(1, limits.pullLeaseSecondsMax).default(limits.pullLeaseSeconds).meta({
          description: 'Seconds for which nobody else is given the same.',
        }),
      }),
      status: 200,
      answer: z.strictObject({
        events: z.array(pulledShape),
        batch: idShape('batch')
          .nullable()
          .meta({ description: 'Names these events together; null when there are none.' }),
      }),
      faults: ['INVALID_REQUEST', 'DESTINATION_NOT_FOUND', 'CONFLICT', 'AUDIT_UNAVAILABLE', 'BUSY'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        const { after, limit, wait, lease } = call.query;
        const place = { environment, destination: destinationIn(call) };
        const times = { leaseMs: lease * 1_000, waitMs: wait * 1_000 };
        const { batch, events } = await pull().take({ ...place, ...times, limit, after }, call);
        return { batch, events: events.map(shown) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/events/acknowledge',
      surface: 'runtime',
      scope: 'events:pull',
      on: destinationOf,
      summary: 'Says that pulled events are done with, by their deliveries or as a batch. Can be repeated.',
      query: z.strictObject({ destination: destinationShape }),
      body: z.strictObject({
        deliveries: z.array(idShape('delivery')).max(limits.pullItemsMax).default([]),
        batch: idShape('batch').optional(),
      }),
      status: 200,
      answer: z.strictObject({
        acknowledged: z
          .number()
          .int()
          .meta({ description: 'How many are delivered by this, and were not before.' }),
      }),
      faults: ['INVALID_REQUEST', 'DESTINATION_NOT_FOUND', 'CONFLICT', 'AUDIT_UNAVAILABLE'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        const { deliveries, batch } = call.body;
        if (deliveries.length === 0 && batch === undefined)
          throw missing('body', 'must name deliveries or a batch');
        const place = { environment, destination: destinationIn(call) };
        return { acknowledged: await pull().acknowledge({ ...place, deliveries, batch }, call.actor) };
      },
    }),
  ];
}

function seconds(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}

/** The destination that is named, else the one that the key is bound to. */
const destinationOf: BindingOf = ({ destination }, { boundTo }): Binding | undefined => {
  if (destination !== undefined) return { kind: 'destination', id: destination };
  return boundTo?.kind === 'destination' ? boundTo : undefined;
};

function destinationIn(call: {
  readonly query: { readonly destination?: DestinationId | undefined };
  readonly principal: Principal | null;
}): DestinationId {
  const { boundTo } = principalOf(call);
  const bound = boundTo?.kind === 'destination' ? boundTo.id : undefined;
  const destination = call.query.destination ?? bound;
  if (!isId('destination', destination))
    throw missing('query.destination', 'is missing: name it, or use a key that is bound to one');
  return destination;
}

function missing(path: string, problem: string): Fault {
  return new Fault('INVALID_REQUEST', { fields: [{ path, problem }] });
}

function shown({ delivery, attempt, event }: PulledEvent): z.input<typeof pulledShape> {
  const { id, platform, type, receivedAtMs, contentType, headers, body } = event;
  if (!isId('event', id)) throw new Fault('INTERNAL');
  return {
    delivery,
    event: id,
    attempt,
    platform,
    type,
    receivedAt: isoTime(receivedAtMs),
    contentType,
    headers: headers.map(([name, value]) => [name, value]),
    body: toBase64(body),
  };
}
