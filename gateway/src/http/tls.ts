import type { ServerOptions } from 'node:https';

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
export function tlsOptions({ key, cert }: { key: string; cert: string }): ServerOptions {
  return {
    key,
    cert,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384',
    ALPNProtocols: ['http/1.1'],
  };
}
