import { z } from 'zod';
import { Secret } from '#base';
import type { Ingest } from '#ingest';
import { type Route, route } from '../route.ts';
import { idParams, idShape } from '../shapes.ts';
import { endpointSecretShape, shownSecret, webhookSecretShape } from './endpoint-shapes.ts';
import { principalOf } from './environment.ts';

/** Secrets of endpoints: several at once while one takes another's place. */
export function endpointSecretRoutes({ ingest }: { ingest: Ingest }): readonly Route[] {
  const { secrets } = ingest;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/endpoints/{id}/secrets',
      surface: 'admin',
      scope: 'endpoints:read',
      summary: 'Lists the secrets of an endpoint that are in force, newest first, without themselves.',
      params: idParams('endpoint'),
      status: 200,
      answer: z.strictObject({ items: z.array(endpointSecretShape) }),
      faults: ['INVALID_REQUEST', 'ENDPOINT_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        return { items: (await secrets.list(target)).map(shownSecret) };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/endpoints/{id}/secrets',
      surface: 'admin',
      scope: 'endpoints:write',
      summary: 'Adds a secret that counts at once; those before it end after the overlap.',
      params: idParams('endpoint'),
      body: z.strictObject({
        secret: webhookSecretShape,
        overlapSeconds: z.number().int().min(0).optional().meta({
          description: 'How long those before it go on; a day when nothing is said.',
        }),
      }),
      status: 201,
      answer: endpointSecretShape,
      faults: ['INVALID_REQUEST', 'ENDPOINT_NOT_FOUND', 'CONFLICT'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        const { secret, overlapSeconds } = call.body;
        return shownSecret(
          await secrets.add({ ...target, secret: Secret.fromText(secret), overlapSeconds }, call.actor),
        );
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/endpoints/{id}/secrets/retire',
      surface: 'admin',
      scope: 'endpoints:write',
      summary: 'Ends a secret of an endpoint now.',
      params: idParams('endpoint'),
      body: z.strictObject({
        secret: idShape('secret'),
        force: z.boolean().optional().meta({ description: 'Even if it verified a webhook lately.' }),
      }),
      status: 204,
      answer: z.null(),
      faults: ['INVALID_REQUEST', 'ENDPOINT_NOT_FOUND', 'SECRET_NOT_FOUND', 'SECRET_IN_USE', 'CONFLICT'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        await secrets.retire({ ...target, ...call.body }, call.actor);
        return null;
      },
    }),
  ];
}
