// node:crypto here: a pin is the digest of a public key inside a certificate of the handshake, which only its
// X509Certificate can take apart.
import { createHash, type X509Certificate } from 'node:crypto';
import { fromBase64 } from '#base';
import { OUTBOUND_BOUNDS } from './bounds.ts';

const CHAIN_MAX = 10;

/** Checks a list of pins: base64 SHA-256 digests, no doubles, a backup besides the one in use (RFC 7469 section 4.3). */
export function checkPins(
  pins: readonly string[],
): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  const { pinsMin, pinsMax } = OUTBOUND_BOUNDS;
  if (pins.some((pin) => fromBase64(pin)?.length !== 32))
    return { ok: false, reason: 'A pin is the base64 of a SHA-256 digest.' };
  if (new Set(pins).size !== pins.length) return { ok: false, reason: 'A pin is given twice.' };
  if (pins.length < pinsMin)
    return { ok: false, reason: 'A backup pin is needed, or the next renewal locks you out.' };
  if (pins.length > pinsMax) return { ok: false, reason: `At most ${pinsMax} pins are taken.` };
  return { ok: true };
}

/**
 * Whether a key of the chain is pinned.
 *
 * `issuerCertificate` follows what the peer sent, by names only: anybody can add a certificate with a pinned key in
 * it. A link counts only when the upper certificate is an authority whose key made the signature below.
 */
export function matchesPins(leaf: X509Certificate, pins: ReadonlySet<string>): boolean {
  let certificate = leaf;
  for (let depth = 0; depth < CHAIN_MAX; depth += 1) {
    if (pins.has(pinOf(certificate))) return true;
    const issuer = certificate.issuerCertificate;
    if (issuer === undefined || !isIssuedBy(certificate, issuer)) return false;
    if (issuer.fingerprint256 === certificate.fingerprint256) return false;
    certificate = issuer;
  }
  return false;
}

/** The pin of a certificate's key: base64 of the SHA-256 digest of its SubjectPublicKeyInfo. */
export function pinOf(certificate: X509Certificate): string {
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

/** Whether an authority's key made the signature of a certificate. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
