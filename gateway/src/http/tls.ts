// node:crypto here: names of options of OpenSSL.
import { constants } from 'node:crypto';
import type { ServerOptions } from 'node:https';

/** What the listener shows, and by whom clients must be vouched for; in PEM. */
export interface TlsMaterial {
  readonly key: string;
  /** The chain, the listener's own first. */
  readonly cert: string;
  /** The one authority of client certificates. None when absent. */
  readonly clientCa?: string | null;
}

/** Whether clients show certificates: never asked for, taken if there is one, or demanded. */
export type ClientCertificates = 'off' | 'optional' | 'required';

/** Forward secrecy and authenticated encryption only; the names after TLS 1.3's are those of TLS 1.2 (Q14). */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** The listener's TLS: 1.2 and 1.3, AEAD with ECDHE, the post-quantum hybrid first, HTTP/1.1. */
export function tlsOptions({ key, cert, clientCa = null }: TlsMaterial): ServerOptions {
  return {
    key,
    cert,
    // Instead of the runtime's authorities, not beside them: who may call is not for the public ones to say.
    ...(clientCa === null ? {} : { ca: clientCa }),
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384',
    ALPNProtocols: ['http/1.1'],
    // A resumed session would stand for a certificate that nobody looked at again: with client certificates, none is.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (clientCa === null ? 0 : constants.SSL_OP_NO_TICKET),
  };
}
