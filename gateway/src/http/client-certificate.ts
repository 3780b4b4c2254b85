import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificates } from './tls.ts';

/** The certificates that the other sides of connections showed. */
export interface ShownCertificates {
  /** Looks at a connection whose handshake is over; `false` when what it showed is not vouched for. */
  takes(socket: TLSSocket): boolean;
  /**
   * The fingerprint of a verified certificate: SHA-256 of its DER in hexadecimal, as `openssl x509 -fingerprint -sha256`
   * prints it, in lower case without colons. `null` without a certificate.
   */
  of(socket: Socket): string | null;
}

/** Makes the look at client certificates; `off` looks at none. */
export function createShownCertificates(clientCertificates: ClientCertificates): ShownCertificates {
  const fingerprints = new WeakMap<Socket, string>();
  return {
    takes(socket) {
      const certificate = clientCertificates === 'off' ? undefined : socket.getPeerX509Certificate();
      if (certificate === undefined) return clientCertificates !== 'required';
      if (!socket.authorized) return false;
      fingerprints.set(socket, certificate.fingerprint256.replaceAll(':', '').toLowerCase());
      return true;
    },
    of: (socket) => fingerprints.get(socket) ?? null,
  };
}
