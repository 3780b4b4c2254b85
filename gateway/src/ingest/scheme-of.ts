import { parseSecret, SCHEMES, SchemeFault, type SchemeName } from '@sallyport/schemes';
import { Fault, openSecretText, type Secret } from '#base';

/** An endpoint of this platform verifies nothing: what comes in is confirmed by reading it back. */
export const UNSIGNED = 'unsigned';

/** How webhooks of an endpoint are verified; `null` when they can't be. Throws `PLATFORM_UNKNOWN`. */
export function schemeOf(platform: string, _scheme: unknown): SchemeName | null {
  if (platform === UNSIGNED) return null;
  const row = Object.hasOwn(SCHEMES, platform)
    ? Object.entries(SCHEMES).find(([name]) => name === platform)
    : undefined;
  if (row === undefined)
    throw new Fault('PLATFORM_UNKNOWN', { detail: `Known: ${Object.keys(SCHEMES).join(', ')}.` });
  return row[1].name;
}

/** The bytes of a secret as its platform shows it. Throws `INVALID_REQUEST`. */
export function secretBytes(scheme: SchemeName, secret: Secret): Uint8Array {
  try {
    return parseSecret(scheme, openSecretText(secret));
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    throw new Fault('INVALID_REQUEST', {
      fields: [{ path: 'body.secret', problem: SECRET_PROBLEMS[thrown.code] ?? 'is not usable' }],
    });
  }
}

const SECRET_PROBLEMS: Readonly<Record<string, string>> = Object.freeze({
  SECRET_TOO_SHORT: 'is too short: at least 16 bytes, or signatures could be forged',
  SECRET_MALFORMED: 'does not have the form this platform gives its secrets',
});
