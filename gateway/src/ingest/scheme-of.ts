import {
  type GenericSchemeConfig,
  genericScheme,
  isNotificationUrl,
  isParameterValue,
  isSchemeName,
  parseSecret,
  SCHEMES,
  type Scheme,
  SchemeFault,
  schemeNeeds,
} from '@sallyport/schemes';
import { Fault, openSecretText, type Secret } from '#base';
import type { EnvironmentKind } from '#environments';

/** An endpoint of this platform verifies nothing: what comes in is confirmed by reading it back. */
export const UNSIGNED = 'unsigned';
/** An endpoint of this platform is verified as its configuration says. */
export const GENERIC = 'generic';

/**
 * How webhooks of an endpoint are verified; `null` when nothing is signed. Throws `PLATFORM_UNKNOWN`, and `INVALID_REQUEST` for a
 * configuration that describes no scheme.
 */
export function schemeOf(platform: string, config: unknown): Scheme | null {
  if (platform === GENERIC) return generic(config);
  if (config !== null) throw wrong('body.scheme', `is for the platform ${GENERIC} only`);
  if (platform === UNSIGNED) return null;
  if (isSchemeName(platform)) return SCHEMES[platform];
  const known = [...Object.keys(SCHEMES), GENERIC, UNSIGNED].join(', ');
  throw new Fault('PLATFORM_UNKNOWN', { detail: `Known: ${known}.` });
}

function generic(config: unknown): Scheme {
  if (!isObject(config)) throw wrong('body.scheme', 'is needed: it says how the platform signs');
  try {
    return genericScheme(config);
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    throw wrong('body.scheme', `describes no scheme: ${thrown.detail ?? thrown.code}`);
  }
}

/** The scheme checks every part of what it is given, since it comes from outside. */
function isObject(config: unknown): config is GenericSchemeConfig {
  return typeof config === 'object' && config !== null && !Array.isArray(config);
}

/** The bytes of a secret as its platform shows it, or of a public key. Throws `INVALID_REQUEST`. */
export function secretBytes(scheme: Scheme, secret: Secret): Uint8Array {
  try {
    return parseSecret(scheme, openSecretText(secret));
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    throw wrong('body.secret', SECRET_PROBLEMS[thrown.code] ?? 'is not usable');
  }
}

const SECRET_PROBLEMS: Readonly<Record<string, string>> = Object.freeze({
  SECRET_TOO_SHORT: 'is too short: at least 16 bytes, or signatures could be forged',
  SECRET_MALFORMED: 'does not have the form this platform gives its secrets',
  KEY_MALFORMED: 'is not a public key of the kind this platform signs with, in PEM',
});

/** What a scheme has to be given besides a secret. */
export interface SchemeGiven {
  readonly url: string | null;
  readonly parameters: Readonly<Record<string, string>>;
  readonly hasSecret: boolean;
  /** Of the environment. */
  readonly kind: EnvironmentKind;
}

/** What is missing for a scheme, or too much: found when it is configured, not when a webhook comes. */
export function missingFor(scheme: Scheme, given: SchemeGiven): { path: string; problem: string }[] {
  const { url, parameters, hasSecret, kind } = given;
  const problems: { path: string; problem: string }[] = [];
  if (schemeNeeds(scheme).url && url === null)
    problems.push({ path: 'body.url', problem: 'is needed: the platform signs the address it was given' });
  if (url !== null && !isNotificationUrl(url))
    problems.push({ path: 'body.url', problem: 'must be visible ASCII, as the platform has it' });
  if (!hasSecret && !fetchesKeys(scheme))
    problems.push({ path: 'body.secret', problem: 'is needed to verify with' });
  for (const { name, values, neededTo, meaning } of scheme.parameters) {
    const value = parameters[name];
    const path = `body.parameters.${name}`;
    if (value === undefined) {
      if (neededTo === 'both') problems.push({ path, problem: `is needed: ${meaning}` });
    } else if (!isParameterValue({ values }, value)) {
      const problem =
        values === null ? 'must be visible ASCII, not too long' : `must be one of ${values.join(', ')}`;
      problems.push({ path, problem });
    } else if (name === 'mode' && value === 'test' && kind === 'production') {
      problems.push({ path, problem: 'is for tests, whose messages must settle nothing in production' });
    }
  }
  const known = new Set(scheme.parameters.map(({ name }) => name));
  if (Object.keys(parameters).some((name) => !known.has(name)))
    problems.push({ path: 'body.parameters', problem: 'has one that the scheme does not ask for' });
  return problems;
}

/** Whether messages of a scheme say of which type they are. */
export function namesTypes(scheme: Scheme | null): boolean {
  return scheme !== null && scheme.eventType.from !== 'none';
}

/** Whether the keys of a scheme can be fetched without a credential. */
export function fetchesKeys({ keySource }: Scheme): boolean {
  return keySource?.kind === 'certificate-url';
}

function wrong(path: string, problem: string): Fault {
  return new Fault('INVALID_REQUEST', { fields: [{ path, problem }] });
}
