// node:crypto here: reading a certificate, to see whether its key fits and whether it is valid now.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type Clock, Fault, isoTime } from '#base';
import { type TlsMaterial, tlsOptions } from './tls.ts';

/**
 * Looks whether a certificate can be shown: readable, its own key beside it, valid now, and nothing in it that TLS
 * refuses. Gives back when it ends, in ISO 8601.
 *
 * Throws `CERTIFICATE_UNSUITABLE` with the reason.
 */
export function checkCertificate(tls: TlsMaterial, clock: Clock): string {
  const certificate = attempt('The certificate is not readable PEM.', () => new X509Certificate(tls.cert));
  const key = attempt('The key is not readable PEM, or is encrypted.', () => createPrivateKey(tls.key));
  if (!certificate.checkPrivateKey(key))
    throw unsuitable('The certificate and the key do not fit each other.');
  if (certificate.validFromDate.getTime() > clock.now())
    throw unsuitable('The certificate is not valid yet.');
  const endMs = certificate.validToDate.getTime();
  if (endMs < clock.now()) throw unsuitable('The certificate has ended.');
  const { clientCa = null } = tls;
  if (clientCa !== null)
    attempt(
      'The authority of clients is not a readable certificate in PEM.',
      () => new X509Certificate(clientCa),
    );
  attempt('TLS refuses the certificate, its chain or the authority of clients.', () =>
    createSecureContext(tlsOptions(tls)),
  );
  return isoTime(endMs);
}

function attempt<T>(detail: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw unsuitable(detail, cause);
  }
}

function unsuitable(detail: string, cause?: unknown): Fault {
  return new Fault('CERTIFICATE_UNSUITABLE', { detail, cause });
}
