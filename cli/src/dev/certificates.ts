// node:crypto here: reading certificates, to see whether those at hand still serve.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPrivate, writePrivate } from './private-file.ts';

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** PEM of the authority, and where it is. */
  readonly ca: string;
  readonly caFile: string;
  readonly gateway: KeyPair;
  readonly sandbox: KeyPair;
  readonly demo: KeyPair;
  readonly demoFiles: { readonly key: string; readonly cert: string };
}

/** Begins like `DEVELOPMENT_AUTHORITY`, by which a start in production knows and refuses it. */
const AUTHORITY_NAME = 'Sallyport development authority';
const NAMES = Object.freeze(['localhost', '127.0.0.1', '::1']);
const DAY_MS = 86_400_000;
/** Renewed this long before the end, so that a start never serves one that ends during the day's work. */
const LEAF_RENEW_MS = 7 * DAY_MS;
const AUTHORITY_RENEW_MS = 100 * DAY_MS;

/** The development authority and its certificates from a folder; those missing, damaged or about to end are made anew. */
export async function openCertificates(folder: string): Promise<Certificates> {
  const at = (name: string): string => join(folder, name);
  const authority = await openAuthority({ key: at('ca.key.pem'), cert: at('ca.pem') });
  const leaf = (name: string): Promise<KeyPair> =>
    openLeaf(authority, { key: at(`${name}.key.pem`), cert: at(`${name}.pem`) });
  const [gateway, sandbox, demo] = await Promise.all([leaf('gateway'), leaf('sandbox'), leaf('demo')]);
  const demoFiles = { key: at('demo.key.pem'), cert: at('demo.pem') };
  return { ca: authority.cert, caFile: at('ca.pem'), gateway, sandbox, demo, demoFiles };
}

async function openAuthority(files: KeyPair): Promise<KeyPair> {
  const found = await read(files);
  if (found !== null && serves(found, { leftMs: AUTHORITY_RENEW_MS }) && named(found.cert)) return found;
  const { createAuthority } = await import('@sallyport/sandbox/authority');
  return keep(files, await createAuthority({ name: AUTHORITY_NAME }));
}

async function openLeaf(authority: KeyPair, files: KeyPair): Promise<KeyPair> {
  const found = await read(files);
  if (found !== null && serves(found, { leftMs: LEAF_RENEW_MS, authority: authority.cert })) return found;
  const { issueCertificate } = await import('@sallyport/sandbox/authority');
  return keep(files, await issueCertificate(authority, { names: NAMES }));
}

async function read(files: KeyPair): Promise<KeyPair | null> {
  const [key, cert] = await Promise.all([
    readPrivate(files.key),
    readFile(files.cert, 'utf8').catch(() => null),
  ]);
  return key === null || cert === null ? null : { key, cert };
}

async function keep(files: KeyPair, pair: KeyPair): Promise<KeyPair> {
  await writePrivate(files.key, pair.key);
  await writePrivate(files.cert, pair.cert);
  return { key: pair.key, cert: pair.cert };
}

/** Whether key and certificate fit each other, the authority issued it, and it lasts long enough. */
function serves(pair: KeyPair, wanted: { leftMs: number; authority?: string }): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    const now = Date.now();
    const lasts =
      certificate.validFromDate.getTime() <= now && certificate.validToDate.getTime() - now > wanted.leftMs;
    if (!lasts || !certificate.checkPrivateKey(createPrivateKey(pair.key))) return false;
    if (wanted.authority === undefined) return certificate.ca;
    const issuer = new X509Certificate(wanted.authority);
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function named(cert: string): boolean {
  return new X509Certificate(cert).subject.startsWith(`CN=${AUTHORITY_NAME}`);
}
