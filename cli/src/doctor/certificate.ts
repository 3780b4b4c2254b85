// node:crypto here: reading a certificate, to see when it ends and whether the key fits.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from './examine.ts';

const DAY_MS = 86_400_000;
const WARN_DAYS = 21;
const check = 'certificate';

/** The certificate of the listener: there, not at its end, with the key that belongs to it. */
export const examineCertificate: Check = async ({ tls, stateDirectory }) => {
  const certFile = tls.certFile ?? join(stateDirectory, 'tls', 'gateway.pem');
  const keyFile = tls.keyFile ?? join(stateDirectory, 'tls', 'gateway.key.pem');
  const [cert, key] = await Promise.all(
    [certFile, keyFile].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  if (cert === undefined || cert === '') {
    const remedy = 'Set tls.certFile and tls.keyFile; for development, `npm start` makes one.';
    return [
      {
        check,
        state: tls.certFile === null ? 'warn' : 'fail',
        message: `${certFile} can not be read`,
        remedy,
      },
    ];
  }
  const certificate = new X509Certificate(cert);
  const days = Math.floor((certificate.validToDate.getTime() - Date.now()) / DAY_MS);
  const until = certificate.validToDate.toISOString().slice(0, 10);
  const renew =
    tls.certFile === null
      ? '`npm start` renews it.'
      : 'Renew it; a gateway that runs takes the new one by itself.';
  if (days < 0) return [{ check, state: 'fail', message: `ended on ${until}`, remedy: renew }];
  if (certificate.validFromDate.getTime() > Date.now()) {
    return [
      {
        check,
        state: 'fail',
        message: 'is not valid yet',
        remedy: 'Look at the clock, or at the certificate.',
      },
    ];
  }
  if (key === undefined || key === '' || !certificate.checkPrivateKey(createPrivateKey(key))) {
    return [
      {
        check,
        state: 'fail',
        message: 'and its key do not fit each other',
        remedy: 'Name the key of this certificate in tls.keyFile.',
      },
    ];
  }
  if (days < WARN_DAYS && tls.certFile !== null) {
    return [{ check, state: 'warn', message: `ends on ${until}, in ${days} days`, remedy: renew }];
  }
  return [{ check, state: 'ok', message: `until ${until}` }];
};
