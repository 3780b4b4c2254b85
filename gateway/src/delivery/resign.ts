import { parseSecret, SCHEMES, SchemeFault, type SchemeName, sign } from '@sallyport/schemes';
import type { HeaderField } from '#outbound';

/** Events that an application of ours sent have no scheme of a platform. */
const OWN = 'sallyport';

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
 * Signs an event in its platform's own scheme with a secret of ours, as of now. Throws `SchemeFault` where that can't
 * be: {@link resignProblem} says so beforehand.
 */
export function resign({ platform, secrets, body, id, nowMs }: Resigned): readonly HeaderField[] {
  const scheme = schemeOf(platform);
  if (scheme === null) throw new TypeError('delivery: a platform without a scheme');
  const [current = ''] = secrets;
  return sign({ scheme, secret: parseSecret(scheme, current), body, id, nowMs });
}

/** Why events of a platform can't be signed in its scheme with this secret, or `null`. */
export function resignProblem(given: Omit<Resigned, 'body' | 'id' | 'nowMs'>): string | null {
  if (schemeOf(given.platform) === null) return 'names a platform without a scheme of its own';
  try {
    resign({ ...given, body: new TextEncoder().encode('{}'), id: 'evt_0', nowMs: 0 });
    return null;
  } catch (thrown) {
    if (thrown instanceof SchemeFault)
      return `can't be used with this secret in the scheme of ${given.platform}`;
    throw thrown;
  }
}

function schemeOf(platform: string): SchemeName | null {
  if (platform === OWN) return 'standard-webhooks';
  return isScheme(platform) ? platform : null;
}

function isScheme(name: string): name is SchemeName {
  return Object.hasOwn(SCHEMES, name);
}
