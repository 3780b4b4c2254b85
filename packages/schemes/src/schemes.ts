import { schemeFault } from './fault.ts';
import { frozen } from './frozen.ts';
import type { Scheme, SchemeName } from './scheme.ts';

/**
 * Every scheme, by name: a null-prototype object, frozen all the way down.
 *
 * @example
 * SCHEMES['standard-webhooks'].timestamp?.toleranceSeconds; // 300
 */
export const SCHEMES: Readonly<Record<SchemeName, Scheme>> = frozen<Record<SchemeName, Scheme>>({
  koywe: {
    name: 'koywe',
    headers: { signature: 'Koywe-Signature', id: null, timestamp: null },
    // An integrator tolerates `sha256=` in front "in case"; it was never seen, and what isn't canonical is refused.
    signature: { kind: 'whole', prefix: '' },
    content: ['body'],
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    timestamp: null,
    secret: 'utf8',
    eventId: { from: 'body', path: ['id'] },
    notCovered: ['the time of sending', 'the address it was sent to', 'every header'],
    source: 'https://docs.koywe.com/advanced/webhooks, https://docs.koywe.com/advanced/security',
  },
  'standard-webhooks': {
    name: 'standard-webhooks',
    headers: { signature: 'webhook-signature', id: 'webhook-id', timestamp: 'webhook-timestamp' },
    // `v1a` (Ed25519) may stand beside `v1` in the list and is passed over.
    signature: { kind: 'versioned-list', version: 'v1' },
    content: ['id', { literal: '.' }, 'timestamp', { literal: '.' }, 'body'],
    algorithm: 'hmac-sha256',
    encoding: 'base64',
    timestamp: { unit: 'seconds', toleranceSeconds: 300 },
    secret: 'whsec-base64',
    // The id stays the same over the retries of one message while the signed timestamp moves on.
    eventId: { from: 'signed-header' },
    notCovered: ['the address it was sent to', 'every header but webhook-id and webhook-timestamp'],
    source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  },
});

/** The row of that name; a name that isn't in the table is a fault of the configuration. */
export function schemeNamed(name: SchemeName): Scheme {
  const scheme: Scheme | undefined = SCHEMES[name];
  if (scheme === undefined) throw schemeFault('SCHEME_UNKNOWN');
  return scheme;
}
