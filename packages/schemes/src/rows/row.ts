import type { Acknowledgement, Checked, ParameterRule, Scheme, SchemeName } from '../scheme.ts';

/** A row with what most rows have in common: HMAC-SHA256 of the body, in lower-case hex, in one header. */
export function row(name: SchemeName, facts: RowFacts): Scheme {
  return {
    name,
    signature: { kind: 'whole', prefix: '' },
    content: ['body'],
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    timestamp: null,
    secret: 'utf8',
    parameters: [],
    eventId: { from: 'none' },
    acknowledgement: TAKEN,
    challenge: null,
    keySource: null,
    notCovered: BODY_ALONE,
    differences: [],
    ...facts,
  };
}

type RowFacts = Omit<Partial<Scheme>, 'name'> &
  Pick<Scheme, 'title' | 'headers' | 'eventType' | 'source' | 'checked'>;

/** The headers of a scheme whose signature is alone. */
export function header(signature: string): Scheme['headers'] {
  return { signature, id: null, timestamp: null };
}

/** The type stands at the first of these paths that holds a text. */
export function typeAt(...paths: readonly (readonly (string | number)[])[]): Scheme['eventType'] {
  return { from: 'body', paths };
}

export const TAKEN: Acknowledgement = Object.freeze({ status: 200, contentType: null, body: '' });

/** What a signature of the body alone leaves open. */
export const BODY_ALONE = Object.freeze([
  'the time of sending',
  'the address it was sent to',
  'every header',
]);

/** What a signature of time and body leaves open. */
export const TIME_AND_BODY = Object.freeze([
  'the address it was sent to',
  'every header but those of time and signature',
]);

export const FIVE_MINUTES_S = Object.freeze({ unit: 'seconds', toleranceSeconds: 300 } as const);
export const FIVE_MINUTES_MS = Object.freeze({ unit: 'milliseconds', toleranceSeconds: 300 } as const);

/** Whether the account is for tests or live, as the platform tells the two apart. */
export function mode(neededTo: ParameterRule['neededTo']): ParameterRule {
  return {
    name: 'mode',
    values: ['test', 'live'],
    neededTo,
    meaning: 'whether the account is for tests or live',
  };
}

/** The id of the key that signs, which a message names. */
export const KEY_ID: ParameterRule = Object.freeze({
  name: 'keyId',
  values: null,
  neededTo: 'sign',
  meaning: 'the id of the signing key, as the message names it',
});

const SINCE = '0.1.0';

/** Checked against the vendor's own package, both ways or one. */
export function ownPackage(name: string, ways: 'both' | 'one' = 'one'): Checked {
  return { against: `the package ${name}`, ways, since: SINCE };
}

/** Read in documents or sources, and computed again without this code, but not checked against the vendor's. */
export function documentsAlone(what: string): Checked {
  return { against: what, ways: 'none', since: SINCE };
}
