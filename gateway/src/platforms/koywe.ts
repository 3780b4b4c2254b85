import { z } from 'zod';
import { koyweRequests } from './koywe-requests.ts';
import type { PlatformProfile } from './profile.ts';

// Anything shorter could not be told from ordinary text in an answer, and so not be taken out of it.
const field = z
  .string()
  .min(8)
  .max(512)
  .regex(/^[\x21-\x7e]+$/);

/**
 * Koywe, Platform/Payments API. Sources: https://docs.koywe.com/getting-started/credentials (sign-in),
 * https://docs.koywe.com/en/getting-started/testing (hosts), https://docs.koywe.com/advanced/webhooks (webhooks).
 * The life of a token is "typically 1 hour" and no answer says more; integrators have seen `accessToken` for `token`.
 */
export const koywe: PlatformProfile = Object.freeze({
  name: 'koywe',
  title: 'Koywe',
  hosts: Object.freeze({ sandbox: 'https://api-sandbox.koywe.com', live: 'https://api.koywe.com' }),
  scheme: 'koywe',
  credential: z.strictObject({ apiKey: field, secret: field }),
  signIn: Object.freeze({
    method: 'POST',
    path: '/api/v1/auth/sign-in',
    bearer: null,
    body: Object.freeze({ apiKey: 'apiKey', secret: 'secret' }),
    token: Object.freeze([Object.freeze(['token']), Object.freeze(['accessToken'])]),
    refusedStatuses: Object.freeze([400, 401, 403]),
  }),
  isLive: null,
  tokenLifeSeconds: 3_600,
  renewBeforeSeconds: 300,
  refusedPaths: Object.freeze(['/api/v1/auth']),
  requests: koyweRequests,
  requestHeaders: Object.freeze([
    'accept',
    'accept-language',
    'content-type',
    'idempotency-key',
    'x-request-id',
  ]),
  responseHeaders: Object.freeze([
    'content-type',
    'content-language',
    'content-disposition',
    'etag',
    'last-modified',
    'retry-after',
    'ratelimit',
    'ratelimit-policy',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
  ]),
  eventType: Object.freeze([Object.freeze(['type'])]),
});
