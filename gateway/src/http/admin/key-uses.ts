import { z } from 'zod';
import type { Access } from '#access';
import { type Clock, createRanges, Fault, isoTime, openSecretText, rangeProblems } from '#base';
import { type Route, route } from '../route.ts';
import { callersQueryShape, idParams, idShape, timeShape, trialShape } from '../shapes.ts';
import { giverOf, principalOf } from './environment.ts';
import { callerShape } from './key-shapes.ts';

const DAY_MS = 86_400_000;

/** Who uses keys, and what follows from it: new secrets, the end of old ones, allowlists tried before they hold. */
export function keyUseRoutes({ access, clock }: { access: Access; clock: Clock }): readonly Route[] {
  const { rotation, usage, keys } = access;
  return [
    route({
      method: 'POST',
      path: '/admin/v1/keys/{id}/rotate',
      surface: 'admin',
      scope: 'keys:write',
      summary: 'Makes a new secret that works at once; those before it end after the overlap.',
      params: idParams('key'),
      body: z.strictObject({ overlapSeconds: z.number().int().min(0).optional() }),
      bodyMayLack: true,
      takesIdempotencyKey: true,
      status: 201,
      answer: z.strictObject({ id: idShape('secret'), secret: z.string(), previousRetireAt: timeShape }),
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND', 'SCOPE_NOT_HELD', 'CONFLICT'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        const { overlapSeconds } = call.body;
        const requestKey = call.idempotencyKey;
        const made = await rotation.rotate(
          { ...target, overlapSeconds, requestKey },
          call.actor,
          giverOf(call),
        );
        return {
          id: made.id,
          secret: openSecretText(made.secret),
          previousRetireAt: isoTime(made.previousRetireAtMs),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys/{id}/retire',
      surface: 'admin',
      scope: 'keys:write',
      summary: 'Ends an old secret now; one that is still in use only by force.',
      params: idParams('key'),
      body: z.strictObject({ secret: idShape('secret'), force: z.boolean().optional() }),
      status: 204,
      answer: z.null(),
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND', 'SECRET_NOT_FOUND', 'SECRET_IN_USE', 'CONFLICT'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        await rotation.retire({ ...target, ...call.body }, call.actor);
        return null;
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/keys/{id}/callers',
      surface: 'admin',
      scope: 'keys:read',
      summary: 'Tells who used a key: from where, as what, with which of its secrets, how often.',
      params: idParams('key'),
      query: z.strictObject(callersQueryShape),
      status: 200,
      answer: z.strictObject({ items: z.array(callerShape) }),
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        await keys.get(target);
        const callers = await usage.callers({ ...target, sinceMs: clock.now() - call.query.days * DAY_MS });
        return {
          items: callers.map(({ firstUsedAtMs, lastUsedAtMs, ...caller }) => ({
            ...caller,
            firstUsedAt: isoTime(firstUsedAtMs),
            lastUsedAt: isoTime(lastUsedAtMs),
          })),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys/{id}/try-addresses',
      surface: 'admin',
      scope: 'keys:read',
      summary: "Tells which of the last day's callers an allowlist would refuse, without changing anything.",
      params: idParams('key'),
      body: trialShape,
      status: 200,
      answer: z.strictObject({
        passing: z.number().int().meta({ description: 'Uses that would pass.' }),
        refused: z.array(callerShape).meta({ description: 'Callers that would not.' }),
      }),
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        await keys.get(target);
        const texts = call.body.allowedAddresses;
        const fields = rangeProblems(texts, 'body.allowedAddresses');
        if (fields.length > 0) throw new Fault('INVALID_REQUEST', { fields });
        const ranges = createRanges(texts);
        const callers = await usage.callers({ ...target, sinceMs: clock.now() - DAY_MS });
        const [passing, refused] = [true, false].map((passes) =>
          callers.filter(({ address }) => (texts.length === 0 || ranges.includes(address)) === passes),
        );
        return {
          passing: (passing ?? []).reduce((sum, { uses }) => sum + uses, 0),
          refused: (refused ?? []).map(({ firstUsedAtMs, lastUsedAtMs, ...caller }) => ({
            ...caller,
            firstUsedAt: isoTime(firstUsedAtMs),
            lastUsedAt: isoTime(lastUsedAtMs),
          })),
        };
      },
    }),
  ];
}
