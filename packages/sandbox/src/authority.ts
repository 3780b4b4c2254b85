import './reflect.ts';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import {
  developmentNames,
  encodeNameConstraints,
  nameConstraintsOid,
  permitsName,
} from './name-constraints.ts';

/** A certificate authority as two PEM texts, so that it can be kept in two files and loaded again. */
export interface Authority {
  /** PKCS #8, unencrypted: keep the file at mode 0600. */
  readonly key: string;
  readonly cert: string;
}

/** A certificate with its key. `cert` is the chain: the leaf, then its authority. */
export interface IssuedCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface AuthorityOptions {
  /** The common name. */
  readonly name?: string;
  /** Life in days, at most 730. */
  readonly days?: number;
  /** DNS suffixes and address ranges it may vouch for, in place of `developmentNames`. */
  readonly permittedNames?: readonly string[];
}

export interface CertificateOptions {
  /** DNS names (also `*.name`) and address literals, all of them subject alternative names. */
  readonly names: readonly string[];
  /** Life in days, at most 90, and never beyond the authority's. */
  readonly days?: number;
  readonly usage?: 'server' | 'client';
  /** The start of its life in place of now; a date long ago makes an expired certificate for a test. */
  readonly from?: Date;
}

/** Lives in days, and how far a beginning is set back for clocks that are slow. */
export const certificateLimits = Object.freeze({
  authorityDays: 365,
  authorityDaysMax: 730,
  leafDays: 30,
  leafDaysMax: 90,
  namesMax: 100,
  backdateMs: 300_000,
});

const dayMs = 86_400_000;
const algorithm = Object.freeze({ name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' });

/**
 * Makes a development certificate authority: ECDSA P-256, CA:TRUE with path length 0, limited by critical name
 * constraints to names and addresses that nobody owns on the Internet.
 *
 * @example
 * const authority = await createAuthority({ name: 'Example development authority' });
 * const { key, cert } = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });
 */
export async function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  const days = checkDays(options.days ?? certificateLimits.authorityDays, certificateLimits.authorityDaysMax);
  const keys = await generateKeys();
  const notBefore = new Date(Date.now() - certificateLimits.backdateMs);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: makeSerial(),
      name: [{ CN: [options.name ?? 'Sallyport development authority'] }],
      notBefore,
      notAfter: new Date(notBefore.getTime() + days * dayMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        new x509.Extension(
          nameConstraintsOid,
          true,
          Uint8Array.from(encodeNameConstraints(options.permittedNames ?? developmentNames)),
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { key: await exportKey(keys.privateKey), cert: toPem(certificate) };
}

/**
 * Issues a server or client certificate for at least one name.
 *
 * Throws `RangeError` on a life that is too long and `TypeError` on a name that is malformed or that the authority's
 * name constraints don't permit (widen them with `permittedNames` when the authority is made).
 */
export async function issueCertificate(
  authority: Authority,
  options: CertificateOptions,
): Promise<IssuedCertificate> {
  const issuer = new x509.X509Certificate(authority.cert);
  const days = checkDays(options.days ?? certificateLimits.leafDays, certificateLimits.leafDaysMax);
  checkNames(issuer, options.names);
  const keys = await generateKeys();
  const notBefore = options.from ?? new Date(Date.now() - certificateLimits.backdateMs);
  const usage = options.usage ?? 'server';
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: makeSerial(),
      subject: [{ CN: [`Sallyport development ${usage}`] }],
      issuer: issuer.subjectName.toJSON(),
      notBefore,
      notAfter: new Date(Math.min(notBefore.getTime() + days * dayMs, issuer.notAfter.getTime())),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: await importSigningKey(authority.key),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
        ]),
        new x509.SubjectAlternativeNameExtension(
          options.names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })),
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { key: await exportKey(keys.privateKey), cert: `${toPem(certificate)}${authority.cert}` };
}

function checkNames(issuer: x509.X509Certificate, names: readonly string[]): void {
  if (names.length === 0 || names.length > certificateLimits.namesMax) {
    throw new RangeError(`a certificate takes 1 to ${certificateLimits.namesMax} names`);
  }
  const constraints = issuer.getExtension(nameConstraintsOid);
  for (const name of names) {
    if (isIP(name) === 0 && !/^(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(name)) {
      throw new TypeError(`not a DNS name or address: ${JSON.stringify(name)}`);
    }
    if (constraints !== null && !permitsName(new Uint8Array(constraints.value), name)) {
      throw new TypeError(`the authority's name constraints don't permit ${name}; see permittedNames`);
    }
  }
}

function checkDays(days: number, daysMax: number): number {
  if (!(days > 0 && days <= daysMax))
    throw new RangeError(`a life is more than 0 and at most ${daysMax} days`);
  return days;
}

/** 16 random bytes, positive and never zero (RFC 5280 section 4.1.2.2: at most 20 octets). */
function makeSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

function importSigningKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey(
    'pkcs8',
    Uint8Array.from(der),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  );
}

function toPem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
