import { Fault } from '#base';

// Names under which a credential is commonly put into an address, where every hop would log it.
const CREDENTIAL_NAMES: ReadonlySet<string> = new Set([
  'token',
  'access_token',
  'api_key',
  'apikey',
  'key',
  'secret',
  'authorization',
  'password',
]);

/**
 * The query of an operation of ours as an object, from its text with the leading `?`.
 *
 * Throws `CREDENTIAL_IN_URL` for a name that is known to carry credentials (K11), and `INVALID_REQUEST` for one that is
 * sent twice: readers differ about which counts.
 */
export function parseQuery(text: string): Record<string, string> {
  const seen = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (CREDENTIAL_NAMES.has(name.toLowerCase())) throw new Fault('CREDENTIAL_IN_URL');
    if (seen.has(name)) throw new Fault('INVALID_REQUEST', { detail: 'A query parameter was sent twice.' });
    seen.set(name, value);
  }
  return Object.fromEntries(seen);
}
