import { z } from 'zod';
import type { PlatformProfile } from './profile.ts';

/**
 * Mollie, API v2, for calls and to confirm its classic webhooks, which are not signed. Sources:
 * https://docs.mollie.com/reference/authentication (API keys of a profile, `test_` or `live_`, as bearer tokens; one host for both),
 * https://docs.mollie.com/reference/webhooks (classic webhooks: a form with an `id`, to be read again),
 * https://docs.mollie.com/reference/list-methods (the read by which a key is tried). A key lives until it is replaced.
 */
export const mollie: PlatformProfile = Object.freeze({
  name: 'mollie',
  title: 'Mollie',
  hosts: Object.freeze({ sandbox: 'https://api.mollie.com', live: 'https://api.mollie.com' }),
  scheme: 'mollie',
  credential: z.strictObject({ secret: z.string().regex(/^(?:test|live)_[A-Za-z0-9]{20,200}$/) }),
  signIn: Object.freeze({
    method: 'GET',
    path: '/v2/methods',
    bearer: 'secret',
    body: Object.freeze({}),
    token: Object.freeze([]),
    refusedStatuses: Object.freeze([401, 403]),
  }),
  isLive: ({ secret = '' }) => secret.startsWith('live_'),
  tokenLifeSeconds: 86_400,
  renewBeforeSeconds: 300,
  refusedPaths: Object.freeze(['/oauth2']),
  requests: Object.freeze([]),
  requestHeaders: Object.freeze(['accept', 'content-type', 'idempotency-key']),
  responseHeaders: Object.freeze(['content-type', 'retry-after']),
  eventType: Object.freeze([Object.freeze(['type'])]),
});
