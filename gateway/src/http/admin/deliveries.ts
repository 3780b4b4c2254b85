import { z } from 'zod';
import { isoTime } from '#base';
import type { AttemptView, Delivery, DeliveryView } from '#delivery';
import { type Route, route } from '../route.ts';
import { idParams, idShape, pageOf, pageQuery, timeOrNull, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const stateShape = z.enum(['due', 'waiting', 'delivered', 'dead']);

const fields = {
  id: idShape('delivery'),
  event: idShape('event'),
  destination: idShape('destination'),
  state: stateShape,
  attempts: z.number().int(),
  nextAttemptAt: timeShape.nullable(),
  lastStatus: z.number().int().nullable(),
  lastReason: z.string().nullable(),
  createdAt: timeShape,
  changedAt: timeShape,
};
const deliveryShape = z.strictObject(fields).meta({ id: 'Delivery' });

const tryShape = z
  .strictObject({
    number: z.number().int(),
    startedAt: timeShape,
    durationMs: z.number().int(),
    status: z.number().int().nullable(),
    reason: z.string().nullable(),
    address: z.string().nullable().meta({ description: 'The address that was called.' }),
    answerHeaders: z.record(z.string(), z.string()).nullable(),
    answerStart: z.string().nullable().meta({ description: 'The beginning of the answer, redacted.' }),
  })
  .meta({ id: 'Attempt' });

const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Deliveries and their attempts. */
export function deliveryRoutes(rooms: { delivery: Delivery; pageItemsMax: number }): readonly Route[] {
  const { delivery, pageItemsMax } = rooms;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/deliveries',
      surface: 'admin',
      scope: 'events:read',
      summary: 'Lists deliveries, newest first.',
      query: pageQuery(pageItemsMax, {
        event: idShape('event').optional(),
        destination: idShape('destination').optional(),
        state: stateShape.optional(),
      }),
      status: 200,
      answer: pageOf(deliveryShape),
      faults: refusals,
      handle: async (call) => {
        const page = await delivery.list({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shownDelivery), next: page.next };
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/deliveries/{id}',
      surface: 'admin',
      scope: 'events:read',
      summary: 'Shows a delivery with its newest attempts, the last one first.',
      params: idParams('delivery'),
      status: 200,
      answer: z.strictObject({ ...fields, tries: z.array(tryShape) }).meta({ id: 'DeliveryWithAttempts' }),
      faults: [...refusals, 'DELIVERY_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        const { tries, ...view } = await delivery.get({ environment, delivery: call.params.id });
        return { ...shownDelivery(view), tries: tries.map(shownTry) };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/deliveries/{id}/retry',
      surface: 'admin',
      scope: 'events:replay',
      summary: 'Has a delivery tried at once; for a dead one a new delivery of its event begins.',
      params: idParams('delivery'),
      bodyMayLack: true,
      status: 200,
      answer: deliveryShape,
      faults: [...refusals, 'DELIVERY_NOT_FOUND', 'CONFLICT'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shownDelivery(await delivery.retry({ environment, delivery: call.params.id }, call.actor));
      },
    }),
  ];
}

function shownDelivery(view: DeliveryView): z.input<typeof deliveryShape> {
  const { nextAttemptAtMs, createdAtMs, changedAtMs, ...delivery } = view;
  return {
    ...delivery,
    nextAttemptAt: timeOrNull(nextAttemptAtMs),
    createdAt: isoTime(createdAtMs),
    changedAt: isoTime(changedAtMs),
  };
}

function shownTry({ startedAtMs, answerHeaders, ...rest }: AttemptView): z.input<typeof tryShape> {
  return {
    ...rest,
    startedAt: isoTime(startedAtMs),
    answerHeaders: answerHeaders === null ? null : { ...answerHeaders },
  };
}
