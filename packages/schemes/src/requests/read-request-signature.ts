import { readConcatenated } from './concatenated.ts';
import type { RequestReason } from './request-reasons.ts';
import type { RequestSchemeName } from './request-scheme.ts';
import { requestSchemeNamed } from './request-schemes.ts';
import { readSignatureInput } from './signature-input.ts';

/**
 * Whose signature a request claims to bear, so that the keys can be looked up; nothing in it is verified yet. `null`
 * when it bears none of this scheme: whether that will do is the caller's to say. Throws `SchemeFault` with
 * `SCHEME_UNKNOWN` only.
 *
 * @example
 * const read = readRequestSignature({ scheme: 'rfc9421', rawHeaders: request.rawHeaders });
 * const keys = read?.ok ? await keysOf(read.keyId) : [];
 */
export function readRequestSignature({
  scheme: name,
  rawHeaders,
}: RequestSignatureInput): RequestSignatureRead | null {
  const scheme = requestSchemeNamed(name);
  const read =
    scheme.kind === 'concatenated'
      ? readConcatenated(scheme, rawHeaders)
      : readSignatureInput(scheme, rawHeaders);
  if (read === null) return null;
  if (!read.ok) return { ok: false, reason: read.reason };
  const { keyId, nonce, algorithm, createdMs } = read;
  return { ok: true, scheme: name, keyId, nonce, algorithm, createdMs };
}

export interface RequestSignatureInput {
  readonly scheme: RequestSchemeName;
  /** Node's `rawHeaders`: name, value, name, value … */
  readonly rawHeaders: readonly string[];
}

export type RequestSignatureRead =
  | {
      readonly ok: true;
      readonly scheme: RequestSchemeName;
      /** 1 to 128 visible ASCII characters without quote and backslash. */
      readonly keyId: string;
      readonly nonce: string | null;
      /** The algorithm of the scheme, or what the sender says it is, or `null` where it says nothing. */
      readonly algorithm: string | null;
      readonly createdMs: number;
    }
  | { readonly ok: false; readonly reason: RequestReason };
