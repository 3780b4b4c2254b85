// node:crypto here: to read the certificate and the key that we show to others before anything is dialled with them.
import { createPrivateKey, hash, X509Certificate } from 'node:crypto';
import { OUTBOUND_BOUNDS } from './bounds.ts';

/** What we show to a server that asks who calls (mTLS). Made by {@link readClientIdentity} only. */
export interface ClientIdentity {
  /** PEM: our certificate first, then those between it and its authority. */
  readonly certificate: string;
  /** PEM of its private key, unencrypted. */
  readonly key: string;
  /** SHA-256 of both: calls under different identities share no connection. */
  readonly digest: string;
  readonly validToMs: number;
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` shows it. */
  readonly fingerprint: string;
}

export type ClientIdentityVerdict =
  | { readonly ok: true; readonly identity: ClientIdentity }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a certificate and its key, and whether they belong together. The reason quotes nothing of either.
 *
 * @example const verdict = readClientIdentity({ certificate, key });
 */
export function readClientIdentity(pair: { certificate: string; key: string }): ClientIdentityVerdict {
  const { certificate, key } = pair;
  if (certificate.length + key.length > OUTBOUND_BOUNDS.identityBytesMax) return refused('is too long');
  const leaf = parsed(() => new X509Certificate(certificate));
  if (leaf === null) return refused('is not a certificate in PEM');
  const privateKey = parsed(() => createPrivateKey(key));
  if (privateKey === null) return refused('has a key that is not an unencrypted private key in PEM');
  if (!leaf.checkPrivateKey(privateKey)) return refused('has a key that belongs to another certificate');
  const digest = hash('sha256', `${certificate.length} ${certificate}${key}`, 'hex');
  return {
    ok: true,
    identity: Object.freeze({
      certificate,
      key,
      digest,
      validToMs: leaf.validToDate.getTime(),
      fingerprint: leaf.fingerprint256,
    }),
  };
}

function parsed<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

function refused(reason: string): ClientIdentityVerdict {
  return { ok: false, reason };
}

/** What can be shown of a certificate in PEM; `null` when it is none. */
export function describeCertificate(
  pem: string,
): { readonly fingerprint: string; readonly validToMs: number } | null {
  const leaf = parsed(() => new X509Certificate(pem));
  return leaf === null ? null : { fingerprint: leaf.fingerprint256, validToMs: leaf.validToDate.getTime() };
}
