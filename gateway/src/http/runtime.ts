import { z } from 'zod';
import type { Access } from '#access';
import { openSecretText, Secret } from '#base';
import { principalOf } from './admin/environment.ts';
import { type Route, route } from './route.ts';
import { idShape } from './shapes.ts';

/** What applications call besides forwarding: signing in for a bearer token, in Koywe's shape. */
export function runtimeRoutes({ access }: { access: Access }): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/auth/sign-in',
      surface: 'public',
      summary: 'Exchanges a key id and its secret for a bearer token of one hour.',
      body: z.strictObject({ apiKey: idShape('key'), secret: z.string().min(1).max(200) }),
      status: 200,
      answer: z.strictObject({
        token: z.string(),
        expiresIn: z.number().int().meta({ description: 'Seconds.' }),
      }),
      faults: ['INVALID_REQUEST', 'MALFORMED_BODY', 'INVALID_CREDENTIALS', 'KEY_REVOKED', 'WRONG_KEY_KIND'],
      handle: async (call) => {
        const { apiKey, secret } = call.body;
        const issued = await call.guard({
          key: apiKey,
          check: () =>
            access.signIn({ apiKey, secret: Secret.fromText(secret), origin: call.origin }, call.actor),
          keyOf: () => apiKey,
        });
        return { token: openSecretText(issued.token), expiresIn: issued.expiresInSeconds };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/auth/credentials/rotate-secret',
      surface: 'runtime',
      scope: 'secret:rotate',
      summary:
        'Replaces the secret of the key that asks, shown this once; the old one works on for the overlap.',
      body: z.strictObject({ overlapSeconds: z.number().int().min(0).optional() }),
      bodyMayLack: true,
      takesIdempotencyKey: true,
      status: 200,
      answer: z.strictObject({ secret: z.string() }),
      faults: ['INVALID_REQUEST', 'CONFLICT', 'AUDIT_UNAVAILABLE'],
      handle: async (call) => {
        const { environment, key } = principalOf(call);
        const { overlapSeconds } = call.body;
        const requestKey = call.idempotencyKey;
        const made = await access.rotation.rotate(
          { environment, key, overlapSeconds, requestKey },
          call.actor,
        );
        return { secret: openSecretText(made.secret) };
      },
    }),
  ];
}
