import { z } from 'zod';
import { Fault } from '#base';
import type { Ingest } from '#ingest';
import { principalOf } from './admin/environment.ts';
import { type Route, route } from './route.ts';
import { idShape } from './shapes.ts';

const typeShape = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/, { error: 'must be 1 to 100 visible characters, such as order.paid' });

/** What applications do with events: they send their own. */
export function ownEventRoutes({ ingest }: { ingest: Ingest }): readonly Route[] {
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
          throw new Fault('INVALID_REQUEST', {
            fields: [
              {
                path: 'header.idempotency-key',
                problem: 'is missing: what can not be repeated safely gets lost',
              },
            ],
          });
        const { type } = call.body;
        return ingest.own.send({ environment, sender, type, body: call.bytes, requestKey });
      },
    }),
  ];
}
