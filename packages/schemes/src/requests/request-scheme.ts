import type { MacEncoding, TimestampRule } from '../scheme.ts';
import type { KeyAlgorithm } from './request-key.ts';

/**
 * One row of the table of request signatures.
 *
 * @example
 * const row: RequestScheme = REQUEST_SCHEMES.mintmove;
 * row.notCovered;
 */
export type RequestScheme = ConcatenatedScheme | MessageSignatureScheme;

export type RequestSchemeName = ConcatenatedSchemeName | 'rfc9421';

export type ConcatenatedSchemeName = 'mintmove' | 'orangebit' | 'unicyfalcon' | 'variznow' | 'voluti';

/** A MAC over the parts of a request written one after the other, as payment platforms have it. */
export interface ConcatenatedScheme {
  readonly kind: 'concatenated';
  readonly name: ConcatenatedSchemeName;
  readonly headers: ConcatenatedHeaders;
  /** What is signed, in order. */
  readonly content: readonly RequestPart[];
  /** What stands between two parts. */
  readonly separator: '' | '\n' | '|';
  readonly algorithms: readonly ['hmac-sha256'];
  readonly encoding: MacEncoding;
  readonly timestamp: TimestampRule;
  /** What a valid signature does not vouch for. */
  readonly notCovered: readonly string[];
  /** What the row was checked against. */
  readonly source: string;
}

/** `separate`: a header each. `joined`: one header, key id, timestamp and signature with colons between them. */
export type ConcatenatedHeaders =
  | {
      readonly kind: 'separate';
      readonly keyId: string;
      readonly signature: string;
      readonly timestamp: string;
    }
  | { readonly kind: 'joined'; readonly name: string };

/** `target` is path and query as received, `body` the bytes as received, `timestamp` the text as received. */
export type RequestPart = 'method' | 'target' | 'body' | 'timestamp';

/** HTTP Message Signatures (RFC 9421) with what that standard leaves to whoever verifies. */
export interface MessageSignatureScheme {
  readonly kind: 'message-signature';
  readonly name: 'rfc9421';
  readonly headers: { readonly input: string; readonly signature: string; readonly digest: string };
  /** The one label that is accepted. */
  readonly label: string;
  /** The one value of `tag` that is accepted. */
  readonly tag: string;
  /** Always covered. */
  readonly covered: readonly string[];
  /** Covered whenever the request has the header. */
  readonly coveredIfPresent: readonly string[];
  readonly algorithms: readonly KeyAlgorithm[];
  readonly timestamp: TimestampRule;
  /** From `created` to `expires`. */
  readonly lifetimeSecondsMax: number;
  readonly notCovered: readonly string[];
  readonly source: string;
}
