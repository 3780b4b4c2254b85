/**
 * One row of the table: everything that tells one platform's webhook signature from another's, as data.
 *
 * @example
 * const row: Scheme = SCHEMES.koywe;
 * row.headers.signature; // 'Koywe-Signature'
 */
export interface Scheme {
  readonly name: SchemeName;
  /** Header names as they are sent; they are compared without regard to letter case. */
  readonly headers: SchemeHeaders;
  readonly signature: SignatureForm;
  /** The signed content, in order; joined without anything that is not named here. */
  readonly content: readonly ContentPart[];
  readonly algorithm: MacAlgorithm;
  readonly encoding: MacEncoding;
  /** `null` where the platform signs no time: then only remembered duplicates keep a replay out. */
  readonly timestamp: TimestampRule | null;
  readonly secret: SecretForm;
  readonly eventId: EventIdRule;
  /** What a valid signature does not vouch for, one phrase each, for whoever relies on the verdict. */
  readonly notCovered: readonly string[];
  /** What the row was checked against. */
  readonly source: string;
}

export type SchemeName = 'koywe' | 'standard-webhooks';

export interface SchemeHeaders {
  readonly signature: string;
  readonly id: string | null;
  readonly timestamp: string | null;
}

/**
 * `whole`: the value is the prefix and one MAC. `versioned-list`: items `version,MAC` with one space between them,
 * of which those with another version are passed over.
 */
export type SignatureForm =
  | { readonly kind: 'whole'; readonly prefix: string }
  | { readonly kind: 'versioned-list'; readonly version: string };

/** `id` and `timestamp` are the header's text as received, `body` the bytes as received. */
export type ContentPart = 'id' | 'timestamp' | 'body' | { readonly literal: string };

export type MacAlgorithm = 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';

export type MacEncoding = 'hex' | 'base64';

export interface TimestampRule {
  readonly unit: TimestampUnit;
  /** Both ways: this much older, and this much newer. */
  readonly toleranceSeconds: number;
}

export type TimestampUnit = 'seconds' | 'milliseconds';

/** `utf8`: the text's own bytes. `whsec-base64`: base64 after `whsec_`. */
export type SecretForm = 'utf8' | 'whsec-base64';

/**
 * Where the platform's own id of an event stands inside the signed content; a header that isn't signed is no source.
 * `none`: nowhere, duplicates are told by the digest of the signed bytes.
 */
export type EventIdRule =
  | { readonly from: 'body'; readonly path: readonly string[] }
  | { readonly from: 'signed-header' }
  | { readonly from: 'none' };
