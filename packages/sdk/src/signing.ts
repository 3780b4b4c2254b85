// clock here: a call is signed at the moment it is sent.
import { randomUUID } from 'node:crypto';
import {
  parsePrivateKey,
  parseRequestSecret,
  type RequestSigningKey,
  SchemeFault,
  signRequest,
} from '@sallyport/schemes';
import type { BuiltRequest } from './request.ts';
import { sdkError } from './sallyport-error.ts';

/**
 * What signs each call. Secret and key are parsed at once, so that a wrong one shows before the first call. Throws
 * `SallyportError` with `SDK_SIGNING_INVALID`.
 */
export function createSigner(signing: Signing, origin: string): Signer {
  const { scheme = 'rfc9421', keyId } = signing;
  const key = keyOf(signing);
  const authority = new URL(origin).host;
  if (scheme !== 'rfc9421' && key.algorithm !== 'hmac-sha256') throw sdkError('SDK_SIGNING_INVALID');
  // The key, and not one of its signers or secrets (`sgn_…`, `sec_…`), which no signature names.
  if (!/^key_[0-9a-z]{1,60}$/.test(keyId)) throw sdkError('SDK_SIGNING_INVALID');

  return async ({ method, path, headers, body }) => {
    try {
      const added = await signRequest({
        scheme,
        keyId,
        key,
        method,
        target: path,
        authority,
        rawHeaders: Object.entries(headers).flat(),
        body: body ?? new Uint8Array(0),
        nonce: randomUUID(),
        nowMs: Date.now(),
      });
      const lower = added.map(([name, value]) => [name.toLowerCase(), value] as const);
      if (lower.some(([name]) => Object.hasOwn(headers, name))) throw sdkError('SDK_UNSIGNABLE');
      return Object.fromEntries(lower);
    } catch (error) {
      throw error instanceof SchemeFault ? sdkError('SDK_UNSIGNABLE') : error;
    }
  };
}

/** The headers to be added to a request, by their names in lower case. */
export type Signer = (request: BuiltRequest) => Promise<Readonly<Record<string, string>>>;

export interface Signing {
  /** `rfc9421` unless given; `mintmove` is HMAC over method, path, body and time. */
  readonly scheme?: 'rfc9421' | 'mintmove' | undefined;
  /** The id of the key, `key_…`, that the gateway knows this signer of. */
  readonly keyId: string;
  /** The secret that `sallyport signers add` printed; either this or `privateKey`. */
  readonly secret?: string | undefined;
  /** PEM (`BEGIN PRIVATE KEY`) of an Ed25519 or ML-DSA-65 key; for `rfc9421` only. */
  readonly privateKey?: string | undefined;
}

function keyOf({ secret, privateKey }: Signing): RequestSigningKey {
  if ((secret === undefined) === (privateKey === undefined)) throw sdkError('SDK_SIGNING_INVALID');
  const key =
    secret === undefined
      ? (readOrNull(() => privateKeyOf('ed25519', privateKey)) ??
        readOrNull(() => privateKeyOf('ml-dsa-65', privateKey)))
      : readOrNull(() => ({ algorithm: 'hmac-sha256', secret: parseRequestSecret(secret) }));
  if (key === null) throw sdkError('SDK_SIGNING_INVALID');
  return key;
}

function privateKeyOf(algorithm: 'ed25519' | 'ml-dsa-65', pem = ''): RequestSigningKey {
  return { algorithm, privateKey: parsePrivateKey({ algorithm, pem }) };
}

function readOrNull(read: () => RequestSigningKey): RequestSigningKey | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof SchemeFault) return null;
    throw error;
  }
}
