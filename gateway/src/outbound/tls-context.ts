// node:crypto here: to read the certificates of a private authority's file before anything trusts them.
import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { OUTBOUND_BOUNDS } from './bounds.ts';
import type { ClientIdentity } from './client-identity.ts';

/** TLS 1.3, and TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325 section 4.2). */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  '@SECLEVEL=2',
].join(':');

/** The hybrid group first, with key shares for it and for X25519 at once (`*`, OpenSSL 3.5 group lists). */
const GROUPS_HYBRID = '*X25519MLKEM768:*X25519:P-256:P-384';
const GROUPS_CLASSICAL = 'X25519:P-256:P-384';

/** Gives the TLS context that trusts the bundled roots and the authorities added to them, and shows an identity when asked. */
export type Contexts = (extra: string | null, identity?: ClientIdentity | null) => SecureContext;

/**
 * Makes contexts, one for each set of authorities; a context costs some 20 ms and is kept.
 *
 * The roots are named explicitly, so that neither NODE_EXTRA_CA_CERTS nor the system's store adds to them unseen.
 * Throws `TypeError` on PEM text that is not all certificates of authorities.
 */
export function createContexts(ca: string | null): Contexts {
  const configured = ca === null ? [] : parseAuthorities(ca);
  const kept = new Map<string, SecureContext>();
  return (extra, identity = null) => {
    // A digest has one length, so that no text of authorities makes it another's; none is not the same as an empty text.
    const key = `${identity?.digest ?? ''} ${extra === null ? 'none' : `PEM ${extra}`}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const added = extra === null ? [] : parseAuthorities(extra);
    const context = createSecureContext({
      ca: [...rootCertificates, ...configured, ...added],
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      ecdhCurve: hasHybridGroup() ? GROUPS_HYBRID : GROUPS_CLASSICAL,
      ...(identity === null ? {} : { cert: identity.certificate, key: identity.key }),
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    });
    if (kept.size >= OUTBOUND_BOUNDS.contextsMax) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, context);
    return context;
  };
}

/** The certificates of a PEM text, each of them an authority's; throws `TypeError` otherwise. */
export function parseAuthorities(pem: string): string[] {
  if (pem.length > OUTBOUND_BOUNDS.caBytesMax) throw new TypeError('the PEM text of authorities is too long');
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new TypeError('no certificate in the PEM text of authorities');
  for (const block of blocks) {
    if (!isAuthority(block)) throw new TypeError('the PEM text holds a certificate that is not an authority');
  }
  return blocks;
}

function isAuthority(block: string): boolean {
  try {
    return new X509Certificate(block).ca;
  } catch {
    return false;
  }
}

/** OpenSSL 3.5 brought ML-KEM; a Node built against a shared, older library lacks it. */
function hasHybridGroup(): boolean {
  const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 5);
}
