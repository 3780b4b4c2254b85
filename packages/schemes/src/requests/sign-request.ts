import { encodeMac } from '../encoding.ts';
import { schemeFault } from '../fault.ts';
import { LIMITS } from '../limits.ts';
import { concatenatedContent } from './concatenated.ts';
import { contentDigest } from './content-digest.ts';
import { bears, isPlainText } from './header-text.ts';
import { made } from './key-signature.ts';
import { messageBase } from './message-base.ts';
import { isUsableKey, type RequestSigningKey } from './request-key.ts';
import type { ConcatenatedScheme, MessageSignatureScheme, RequestSchemeName } from './request-scheme.ts';
import { requestSchemeNamed } from './request-schemes.ts';
import { endsTarget, isAuthority, requestLineRefusal } from './target.ts';

/**
 * The headers that sign a request, to be sent beside its own; `content-digest` is among them for RFC 9421. What it
 * makes, `verifyRequest` accepts. Rejects with `SchemeFault`: `SECRET_TOO_SHORT`, `KEY_MALFORMED`,
 * `KEY_ID_MALFORMED`, `NONCE_MALFORMED`, `REQUEST_MALFORMED`, `BODY_AMBIGUOUS`, `TIME_INVALID`,
 * `LIFETIME_INVALID`, `SCHEME_UNKNOWN`.
 *
 * @example
 * const headers = await signRequest({
 *   scheme: 'mintmove',
 *   keyId: 'mm_live_1234567890abcdef',
 *   key: { algorithm: 'hmac-sha256', secret: parseRequestSecret(text) },
 *   method: 'GET',
 *   target: '/v1/order/MM1234567890',
 *   body: new Uint8Array(0),
 *   nowMs: Date.now(),
 * });
 */
export async function signRequest(input: SignRequestInput): Promise<SignedHeaders> {
  const scheme = requestSchemeNamed(input.scheme);
  if (!isUsableKey(input.key)) {
    throw schemeFault(input.key.algorithm === 'hmac-sha256' ? 'SECRET_TOO_SHORT' : 'KEY_MALFORMED');
  }
  const { algorithm } = input.key;
  if (!scheme.algorithms.some((each) => each === algorithm)) throw schemeFault('KEY_MALFORMED');
  if (!isPlainText(input.keyId)) throw schemeFault('KEY_ID_MALFORMED');
  // Within the years 2001 to 2286: shorter or longer texts of a time would not be read as one.
  if (!Number.isSafeInteger(input.nowMs) || input.nowMs < 1e12 || input.nowMs >= 1e13) {
    throw schemeFault('TIME_INVALID');
  }
  if (requestLineRefusal(scheme.kind, input) !== null) throw schemeFault('REQUEST_MALFORMED');
  return await (scheme.kind === 'concatenated'
    ? signConcatenated(scheme, input)
    : signMessage(scheme, input));
}

export interface SignRequestInput {
  readonly scheme: RequestSchemeName;
  readonly keyId: string;
  readonly key: RequestSigningKey;
  readonly method: string;
  /** Path with query, exactly as it will be sent. */
  readonly target: string;
  /** The exact bytes that will be sent; none is the empty array. */
  readonly body: Uint8Array;
  readonly nowMs: number;
  /** The `Host` header that will be sent. Needed for RFC 9421, without effect elsewhere. */
  readonly authority?: string | undefined;
  /**
   * The request's own headers, as name, value, name, value: RFC 9421 covers what says how to read the body
   * (`content-type`, `content-encoding`) and `idempotency-key`. Without effect elsewhere.
   */
  readonly rawHeaders?: readonly string[] | undefined;
  /** Unpredictable and used once, 16 to 128 characters. Needed for RFC 9421, without effect elsewhere. */
  readonly nonce?: string | undefined;
  /** From now until the signature expires, 1 to 600; 300 unless given. Without effect but for RFC 9421. */
  readonly lifetimeSeconds?: number | undefined;
}

export type SignedHeaders = readonly (readonly [name: string, value: string])[];

async function signConcatenated(scheme: ConcatenatedScheme, input: SignRequestInput): Promise<SignedHeaders> {
  const { method, target, body, nowMs, key, keyId } = input;
  if (scheme.separator === '' && !endsTarget(body)) throw schemeFault('BODY_AMBIGUOUS');
  const timestamp = String(scheme.timestamp.unit === 'seconds' ? Math.floor(nowMs / 1000) : nowMs);
  const chunks = concatenatedContent(scheme, { method, target, body, timestamp });
  const signature = encodeMac(await made(key, chunks), scheme.encoding);
  const { headers } = scheme;
  if (headers.kind === 'separate') {
    return [
      [headers.keyId, keyId],
      [headers.timestamp, timestamp],
      [headers.signature, signature],
    ];
  }
  if (keyId.includes(':')) throw schemeFault('KEY_ID_MALFORMED');
  return [[headers.name, `${keyId}:${timestamp}:${signature}`]];
}

async function signMessage(scheme: MessageSignatureScheme, input: SignRequestInput): Promise<SignedHeaders> {
  const { method, target, body, authority = '', rawHeaders = [], lifetimeSeconds = 300 } = input;
  const isLifetime = Number.isInteger(lifetimeSeconds) && lifetimeSeconds >= 1;
  if (!isLifetime || lifetimeSeconds > scheme.lifetimeSecondsMax) throw schemeFault('LIFETIME_INVALID');
  const { nonce = '' } = input;
  if (!isPlainText(nonce, LIMITS.nonceCharactersMin)) throw schemeFault('NONCE_MALFORMED');
  // What this function adds can't be there before; and a request that couldn't be verified isn't signed.
  const taken = Object.values(scheme.headers).some((name) => bears(rawHeaders, name));
  if (taken || !isAuthority(authority)) throw schemeFault('REQUEST_MALFORMED');

  const digest = [scheme.headers.digest, contentDigest(body)] as const;
  const components = [
    ...scheme.covered,
    ...scheme.coveredIfPresent.filter((name) => bears(rawHeaders, name)),
  ];
  const created = Math.floor(input.nowMs / 1000);
  const parametersText =
    `(${components.map((name) => `"${name}"`).join(' ')});created=${created};expires=${created + lifetimeSeconds}` +
    `;keyid="${input.keyId}";nonce="${nonce}";alg="${input.key.algorithm}";tag="${scheme.tag}"`;
  const base = messageBase(scheme, {
    method,
    target,
    authority,
    rawHeaders: [...rawHeaders, ...digest],
    body,
    components,
    parametersText,
  });
  if (typeof base !== 'string') throw schemeFault('REQUEST_MALFORMED');
  const signature = encodeMac(await made(input.key, [base]), 'base64');
  return [
    digest,
    [scheme.headers.input, `${scheme.label}=${parametersText}`],
    [scheme.headers.signature, `${scheme.label}=:${signature}:`],
  ];
}
