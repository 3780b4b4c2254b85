import { readFile, stat } from 'node:fs/promises';
import { type Clock, Fault, type Log, type Repeat, repeat } from '#base';
import type { TlsMaterial } from './tls.ts';

/** The files that a listener's TLS is from. */
export interface TlsFiles {
  readonly keyFile: string;
  readonly certFile: string;
  readonly clientCaFile: string | null;
}

export interface CertificateWatchOptions {
  readonly files: TlsFiles;
  /** What is shown now. */
  readonly shown: TlsMaterial;
  readonly everyMs: number;
  /** Shows another certificate, and says when it ends; throws a fault for one that can't be shown. */
  readonly show: (tls: TlsMaterial) => string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Looks at the files of the certificate again and again: by their times, sizes and numbers, since notices of the
 * system get lost where files are linked into place or come over a network. What can't be shown is an error in the
 * output, once for each state of the files, and the certificate before it stays.
 */
export function watchCertificate(options: CertificateWatchOptions): Repeat {
  const { files, show, everyMs, clock, log } = options;
  let { shown } = options;
  let seen = '';

  async function look(): Promise<void> {
    const before = await stampOf(files);
    if (before === seen) return;
    const read = await Promise.all([
      textOf(files.keyFile),
      textOf(files.certFile),
      textOf(files.clientCaFile),
    ]);
    // Changed while it was read: half of it may be old. The next look sees it at rest.
    if ((await stampOf(files)) !== before) return;
    seen = before;
    const [key, cert, clientCa] = read;
    if (key === shown.key && cert === shown.cert && clientCa === (shown.clientCa ?? null)) return;
    try {
      if (key === null || cert === null || (clientCa === null && files.clientCaFile !== null))
        throw new Fault('CERTIFICATE_UNSUITABLE', { detail: 'Not all of its files can be read.' });
      const until = show({ key, cert, clientCa });
      shown = { key, cert, clientCa };
      log.info('The certificate was renewed.', { state: `valid until ${until}` });
    } catch (error) {
      log.error('The new certificate can not be used; the one before it stays.', {
        code: 'CERTIFICATE_UNSUITABLE',
        error,
      });
    }
  }

  return repeat({ name: 'http.certificate', everyMs, run: look, clock, log });
}

async function stampOf({ keyFile, certFile, clientCaFile }: TlsFiles): Promise<string> {
  const stamps = await Promise.all(
    [keyFile, certFile, clientCaFile ?? ''].map(async (file) => {
      const facts = file === '' ? null : await stat(file, { bigint: true }).catch(() => null);
      return facts === null
        ? '-'
        : [facts.mtimeNs, facts.ctimeNs, facts.size, facts.ino, facts.dev].join(' ');
    }),
  );
  return stamps.join(', ');
}

async function textOf(file: string | null): Promise<string | null> {
  return file === null ? null : readFile(file, 'utf8').catch(() => null);
}
