/**
 * One row of the table: everything that tells one platform's webhook signature from another's, as data.
 *
 * @example
 * const row: Scheme = SCHEMES.koywe;
 * row.headers.signature; // 'Koywe-Signature'
 */
export interface Scheme {
  readonly name: SchemeName | 'generic';
  /** The platform's name as a person writes it. */
  readonly title: string;
  /** Header names as they are sent; they are compared without regard to letter case. */
  readonly headers: SchemeHeaders;
  readonly signature: SignatureForm;
  /** The signed content, in order; joined without anything that is not named here. */
  readonly content: readonly ContentPart[];
  readonly algorithm: SignatureAlgorithm;
  readonly encoding: SignatureEncoding;
  /** `null` where the platform signs no time: then only remembered duplicates keep a replay out. */
  readonly timestamp: TimestampRule | null;
  readonly secret: SecretForm;
  /** Values that aren't secret and that whoever configures the scheme has to know. */
  readonly parameters: readonly ParameterRule[];
  readonly eventId: EventIdRule;
  readonly eventType: EventTypeRule;
  /** What the platform wants to hear when a message was taken. A refusal is 401 everywhere. */
  readonly acknowledgement: Acknowledgement;
  /** What the platform asks before it sends anything, or `null`. */
  readonly challenge: Challenge | null;
  /** Where the keys of an asymmetric scheme come from; `null` where the secret is configured and that is all. */
  readonly keySource: KeySource | null;
  /** What a valid signature does not vouch for, one phrase each, for whoever relies on the verdict. */
  readonly notCovered: readonly string[];
  /** Where the platform's pages and packages contradict each other, and what was chosen. */
  readonly differences: readonly string[];
  /** The pages the row is from. */
  readonly source: string;
  /** What the row was checked against. */
  readonly checked: Checked;
}

export type SchemeName =
  | 'adyen'
  | 'adyen-platform'
  | 'airwallex'
  | 'authorize-net'
  | 'binance-pay'
  | 'bitso'
  | 'braintree'
  | 'btcpay'
  | 'cashfree'
  | 'checkout'
  | 'circle'
  | 'coinbase-commerce'
  | 'dwolla'
  | 'github'
  | 'gocardless'
  | 'increase'
  | 'koywe'
  | 'koywe-ramp'
  | 'liasonpay'
  | 'liasonpay-bare'
  | 'liasonpay-unlabelled'
  | 'lithic'
  | 'mercado-pago'
  | 'mintmove'
  | 'modern-treasury'
  | 'mollie'
  | 'nowpayments'
  | 'paddle'
  | 'paymongo'
  | 'payos'
  | 'payos-vn'
  | 'paypal'
  | 'paystack'
  | 'plaid'
  | 'polar'
  | 'portone'
  | 'rapyd'
  | 'razorpay'
  | 'recurly'
  | 'revolut'
  | 'shopify'
  | 'square'
  | 'standard-webhooks'
  | 'standard-webhooks-v1a'
  | 'stripe'
  | 'svix'
  | 'wechat-pay'
  | 'wise'
  | 'workos'
  | 'worldline'
  | 'xero';

export interface SchemeHeaders {
  /** `null` where the signature stands in the body. */
  readonly signature: string | null;
  /** The message's id, or whatever else the platform signs by header: a nonce, a salt, a request id. */
  readonly id: string | null;
  readonly timestamp: string | null;
  /** Whether the signature's header may be there more than once, as a sender has it in the middle of a rotation. */
  readonly repeats?: boolean | undefined;
  /** Names the key that signed. It only looks up: what isn't configured or fetched is never trusted. */
  readonly key?: string | undefined;
  /** Headers that `sign` adds and `verify` doesn't read. */
  readonly alsoSent?: readonly (readonly [name: string, value: string])[] | undefined;
}

/**
 * - `whole`: the value is the prefix and one signature.
 * - `versioned-list`: items of version, joiner and signature, with the separator between them; those with another
 *   version are passed over.
 * - `pairs`: `t=…,v1=…`; other keys are passed over. The signature's key may depend on a parameter.
 * - `stamped`: the time and then one or more signatures, with a comma between them.
 * - `jwt`: a compact JWS whose payload has the SHA-256 of the body and the time.
 * - `body-member`: a member of the JSON body, beside what is signed.
 * - `form`: two fields of a form, of which one has pairs of key and signature and the other the signed text.
 * - `items`: one signature in each item of the body's list, over some of its members.
 */
export type SignatureForm =
  | { readonly kind: 'whole'; readonly prefix: string }
  | {
      readonly kind: 'versioned-list';
      readonly version: string;
      readonly separator: string;
      readonly joiner: string;
    }
  | {
      readonly kind: 'pairs';
      readonly separator: ',' | ';';
      /** Whether one space may follow a separator. */
      readonly spaced: boolean;
      readonly timestampKey: string | null;
      readonly signatureKey: string | ByParameter;
      /** Whether the signature's key may occur more than once. */
      readonly repeats: boolean;
    }
  | { readonly kind: 'stamped'; readonly repeats: boolean }
  | { readonly kind: 'jwt' }
  | { readonly kind: 'body-member'; readonly name: string }
  | { readonly kind: 'form'; readonly signatureField: string; readonly payloadField: string }
  | { readonly kind: 'items' };

export interface ByParameter {
  readonly parameter: string;
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * `id` and `timestamp` are the header's text as received, `body` the bytes as received, `url` the notification
 * address as configured at the platform, `secret` the secret itself, `body-crc32` the CRC-32 of the body in decimal.
 * `optional`: left out, with what stands around it, where the message hasn't got it.
 */
export type ContentPart =
  | 'id'
  | 'timestamp'
  | 'body'
  | 'url'
  | 'secret'
  | 'body-crc32'
  | { readonly literal: string }
  | { readonly parameter: string }
  | { readonly optional: 'id' | { readonly query: string }; readonly before: string; readonly after: string }
  | { readonly derived: Derivation };

/**
 * What is signed of a JSON body that is not signed as it stands.
 * - `without`: the document without one member, no white space, members in their order.
 * - `sorted`: the document with the members of every object sorted, no white space.
 * - `member`: one member of the document, no white space.
 * - `pairs`: `name=value` of one member's members, sorted, joined by `&`.
 */
export type Derivation =
  | { readonly kind: 'without'; readonly member: string }
  | { readonly kind: 'sorted' }
  | { readonly kind: 'member'; readonly member: string }
  | { readonly kind: 'pairs'; readonly member: string };

export type MacAlgorithm = 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';

/** `ecdsa-p256-sha256` in DER; `es256` is the same with r and s side by side, as JOSE has it. */
export type KeyedAlgorithm = 'rsa-sha256' | 'ecdsa-p256-sha256' | 'es256' | 'ed25519';

export type SignatureAlgorithm = MacAlgorithm | KeyedAlgorithm;

/**
 * Each is one canonical spelling. `hex` is lower case, `hex-upper` upper; `hex-or-base64` is for a platform that
 * doesn't say which; `base64-of-hex-or-base64` is base64 of the lower-case hex digits, or of the bytes.
 */
export type SignatureEncoding =
  | 'hex'
  | 'hex-upper'
  | 'base64'
  | 'base64url'
  | 'hex-or-base64'
  | 'base64-of-hex-or-base64';

/** Those of requests. */
export type MacEncoding = Extract<SignatureEncoding, 'hex' | 'base64'>;

export interface TimestampRule {
  readonly unit: TimestampUnit;
  /** Both ways: this much older, and this much newer. */
  readonly toleranceSeconds: number;
}

/** `seconds-or-milliseconds`: 10 digits are seconds and 13 are milliseconds, for a platform that sends either. */
export type TimestampUnit = 'seconds' | 'milliseconds' | 'seconds-or-milliseconds' | 'iso8601';

/**
 * `utf8`: the text's own bytes. `whsec-base64`: base64 after `whsec_`. `hex`, `base64`: decoded. `utf8-sha1`: the
 * SHA-1 of the text. `public-key`: PEM, a public key or a certificate. `whpk-base64`: base64 after `whpk_`, or PEM.
 */
export type SecretForm =
  | 'utf8'
  | 'whsec-base64'
  | 'hex'
  | 'base64'
  | 'utf8-sha1'
  | 'public-key'
  | 'whpk-base64';

export interface ParameterRule {
  readonly name: string;
  /** The values there are, or `null` for any visible ASCII. */
  readonly values: readonly string[] | null;
  /** `both`: to verify and to sign; `neither`: there is a default, or it is for fetching keys. */
  readonly neededTo: 'both' | 'sign' | 'neither';
  /** What it is, for a person. */
  readonly meaning: string;
}

/**
 * Where the platform's own id of an event stands inside the signed content; a header that isn't signed is no source.
 * Otherwise duplicates are told by a digest: `none`: of the signed bytes, `signed-body`: of the body, where each body
 * has a time of its own and a repetition is signed at another time.
 */
export type EventIdRule =
  | { readonly from: 'body'; readonly path: readonly string[] }
  | { readonly from: 'signed-header' }
  | { readonly from: 'signed-body' }
  | { readonly from: 'none' };

/**
 * Where an event's type stands: the first place that holds a text; of a message with a list of events, in each of them, and all
 * have to be of one type. A header is not signed.
 */
export type EventTypeRule =
  | { readonly from: 'items'; readonly list: string; readonly path: readonly string[] }
  | { readonly from: 'body'; readonly paths: readonly (readonly (string | number)[])[] }
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'form-xml'; readonly payloadField: string; readonly element: string }
  | { readonly from: 'none' };

export interface Acknowledgement {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/**
 * - `echo-header`: GET; the value of a header is the answer.
 * - `mac-of-query`: GET; the answer is a parameter, a bar, and the MAC of a value of the query.
 * - `empty`: the method alone is asked.
 */
export type Challenge =
  | { readonly kind: 'echo-header'; readonly method: 'GET'; readonly header: string }
  | {
      readonly kind: 'mac-of-query';
      readonly method: 'GET';
      readonly query: string;
      readonly parameter: string;
    }
  | { readonly kind: 'empty'; readonly method: 'HEAD' };

/**
 * How a key comes to be known. `certificate-url`: the message names the address, of which the host is pinned here.
 * `by-id`: the message names the key, and the address is made here. `configured`: the platform shows it to whoever is
 * signed in, or encrypts it; it is configured as the secret.
 */
export type KeySource =
  | {
      readonly kind: 'certificate-url';
      readonly hosts: Readonly<Record<string, string>>;
      readonly pathPrefix: string;
      readonly subjects: readonly string[];
    }
  | {
      readonly kind: 'by-id';
      readonly hosts: Readonly<Record<string, string>>;
      readonly pathPrefix: string;
      /** What the request for the key needs besides. */
      readonly authorization: 'bearer';
      readonly format: 'circle';
    }
  | { readonly kind: 'configured'; readonly format: 'pem' | 'jwk' };

export interface Checked {
  /** What independent of this code agrees with the row. */
  readonly against: string;
  /**
   * `both`: signed here and accepted by the vendor's package, and the other way round. `one`: the package verifies alone,
   * or the vendor has published a message. `documents`: its documents, from which the scheme was written a second time
   * with openssl. `none`: not checked against anything independent.
   */
  readonly ways: 'both' | 'one' | 'documents' | 'none';
  /** The version of this package that has the row as it is. */
  readonly since: string;
}
