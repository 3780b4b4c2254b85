import { z } from 'zod';
import { type Clock, Fault, isoTime, rangeProblems } from '#base';
import type { EndpointCaller, Ingest } from '#ingest';
import { type Route, route } from '../route.ts';
import { callersQueryShape, idParams, timeShape, trialShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const DAY_MS = 86_400_000;

const callerShape = z
  .strictObject({
    address: z.string().meta({ description: '`others` for those that were too many to be told apart.' }),
    outcome: z.enum(['verified', 'refused']),
    webhooks: z.number().int(),
    firstAt: timeShape,
    lastAt: timeShape,
  })
  .meta({ id: 'EndpointCaller' });

/** Who calls an endpoint, and an allowlist tried on them before it holds. */
export function endpointCallerRoutes({ ingest, clock }: { ingest: Ingest; clock: Clock }): readonly Route[] {
  const { endpoints, callers } = ingest;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/endpoints/{id}/callers',
      surface: 'admin',
      scope: 'endpoints:read',
      summary: 'Tells who called an endpoint: from where, how often, and whether the webhooks were verified.',
      params: idParams('endpoint'),
      query: z.strictObject(callersQueryShape),
      status: 200,
      answer: z.strictObject({ items: z.array(callerShape) }),
      faults: ['INVALID_REQUEST', 'ENDPOINT_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        await endpoints.get(target);
        const sinceMs = clock.now() - call.query.days * DAY_MS;
        return { items: (await callers.list({ ...target, sinceMs })).map(shown) };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/endpoints/{id}/try-addresses',
      surface: 'admin',
      scope: 'endpoints:read',
      summary: "Tells which of the last day's callers an allowlist would refuse, without changing anything.",
      params: idParams('endpoint'),
      body: trialShape,
      status: 200,
      answer: z.strictObject({
        passing: z.number().int().meta({ description: 'Webhooks that would pass.' }),
        refused: z.strictObject({
          verified: z.array(callerShape).meta({ description: 'Callers whose webhooks would be lost.' }),
          unverified: z.array(callerShape).meta({ description: 'Callers that were refused anyway.' }),
        }),
      }),
      faults: ['INVALID_REQUEST', 'ENDPOINT_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        await endpoints.get(target);
        const { allowedAddresses } = call.body;
        const fields = rangeProblems(allowedAddresses, 'body.allowedAddresses');
        if (fields.length > 0) throw new Fault('INVALID_REQUEST', { fields });
        const { passing, refused } = await callers.tryAddresses({ ...target, allowedAddresses });
        return {
          passing,
          refused: { verified: refused.verified.map(shown), unverified: refused.unverified.map(shown) },
        };
      },
    }),
  ];
}

function shown({ firstAtMs, lastAtMs, ...caller }: EndpointCaller): z.input<typeof callerShape> {
  return { ...caller, firstAt: isoTime(firstAtMs), lastAt: isoTime(lastAtMs) };
}
