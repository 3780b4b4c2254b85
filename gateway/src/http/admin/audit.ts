import { z } from 'zod';
import type { Audit } from '#audit';
import { type Route, route } from '../route.ts';
import { pageQuery } from '../shapes.ts';
import { principalOf } from './environment.ts';

const entryShape = z
  .strictObject({
    version: z.literal(1),
    id: z.string(),
    time: z.string(),
    environment: z.string(),
    action: z.string(),
    actor: z.strictObject({ kind: z.string(), id: z.string().nullable() }),
    resource: z.string().nullable(),
    outcome: z.enum(['success', 'refused', 'failure', 'intent']),
    address: z.string().nullable(),
    agent: z.string().nullable(),
    request: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Entry' });

const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** The log: entries to read, the newest signed checkpoint, and the key to verify it with. */
export function auditRoutes({
  audit,
  pageItemsMax,
}: {
  audit: Audit;
  pageItemsMax: number;
}): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/audit/entries',
      surface: 'admin',
      scope: 'audit:read',
      summary: 'Lists entries of the log, newest first. `index` is their place in the tree.',
      query: pageQuery(pageItemsMax, {
        action: z.string().max(60).optional(),
        resource: z.string().max(100).optional(),
      }).extend({
        after: z.coerce.number().int().min(0).optional(),
      }),
      status: 200,
      answer: z.strictObject({
        items: z.array(z.strictObject({ index: z.number().int().nullable(), entry: entryShape })),
        next: z.number().int().nullable(),
      }),
      faults: refusals,
      handle: async (call) => {
        const page = await audit.entries({ environment: principalOf(call).environment, ...call.query });
        return z
          .custom<{
            items: { index: number | null; entry: z.input<typeof entryShape> }[];
            next: number | null;
          }>()
          .parse(page);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/audit/checkpoint',
      surface: 'admin',
      scope: 'audit:read',
      summary:
        'The newest signed checkpoint of the log and the key that verifies it. Keep both somewhere else.',
      status: 200,
      answer: z.strictObject({ checkpoint: z.string().nullable(), verifierKey: z.string() }),
      faults: refusals,
      handle: async (call) => {
        const { environment } = principalOf(call);
        return {
          checkpoint: await audit.checkpoint(environment),
          verifierKey: await audit.verifierKey(environment),
        };
      },
    }),
  ];
}
