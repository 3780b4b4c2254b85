import {
  isSchemeName,
  parseSecret,
  SCHEMES,
  type Scheme,
  SchemeFault,
  schemeNeeds,
  sign,
} from '@sallyport/schemes';
import type { HeaderField } from '#outbound';

/** Events that an application of ours sent have no scheme of a platform: they are signed by Standard Webhooks. */
const OWN = 'sallyport';
/** Signatures that stand in a header, so that the body stays as it came. */
const IN_A_HEADER: ReadonlySet<string> = new Set(['whole', 'versioned-list', 'pairs', 'stamped']);

export interface Resigned {
  readonly platform: string;
  /** The first is the current one. */
  readonly secrets: readonly string[];
  readonly body: Uint8Array;
  readonly id: string;
  readonly nowMs: number;
  /** The destination's own address, which some schemes sign. */
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Signs an event in its platform's own scheme with a secret of ours, as of now: an application that was written against
 * the platform's package needs no change but the secret. Throws `SchemeFault` where that can't be; {@link resignProblem}
 * says so beforehand, as far as it doesn't depend on the body.
 */
export function resign({ platform, secrets, ...message }: Resigned): readonly HeaderField[] {
  const scheme = schemeOf(platform);
  if (scheme === null) throw new SchemeFault('SCHEME_UNKNOWN');
  const bytes = secrets.map((text) => parseSecret(scheme, text));
  const { headers } = sign({ scheme, secrets: bytes, ...message });
  return headers.map(([name, value]) => [name.toLowerCase(), value]);
}

/** Why events of a platform can't be signed in its scheme with these secrets, or `null`. */
export function resignProblem(given: Omit<Resigned, 'body' | 'id' | 'nowMs'>): string | null {
  const { platform } = given;
  const scheme = schemeOf(platform);
  if (scheme === null) return `can't be the platform's: ${platform} has no scheme of its own here`;
  if (!scheme.algorithm.startsWith('hmac-'))
    return `can't be the platform's: ${platform} signs with a key pair, of which only it has the private key`;
  if (!IN_A_HEADER.has(scheme.signature.kind))
    return `can't be the platform's: ${platform} signs within the body, which stays as it came`;
  if (schemeNeeds(scheme).target)
    return `can't be the platform's: ${platform} signs the address of each request, which is not kept`;
  try {
    resign({ ...given, body: new TextEncoder().encode('{}'), id: 'evt_0', nowMs: 0 });
    return null;
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    return thrown.code === 'BODY_MALFORMED' ? null : `can't be the platform's: ${platform}: ${thrown.code}`;
  }
}

function schemeOf(platform: string): Scheme | null {
  if (platform === OWN) return SCHEMES['standard-webhooks'];
  return isSchemeName(platform) ? SCHEMES[platform] : null;
}
