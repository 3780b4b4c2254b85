import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/**
 * MACs and signatures by the `openssl` command: none of our code, none of Node's, bytes in and bytes out.
 *
 * @example
 * hmac({ hash: 'sha256', key: Buffer.from('secret'), content: Buffer.from([0xff]) }).toString('hex');
 */
export function hmac({ hash, key, content }: HmacInput): Buffer {
  const call = [hash, key.toString('hex'), content.toString('hex')].join(' ');
  const known = MADE.get(call);
  if (known !== undefined) return known;
  const options = ['-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`, '-binary'];
  const made = openssl(['dgst', `-${hash}`, ...options], content);
  MADE.set(call, made);
  return made;
}

/** A process costs 10 ms and more, and most messages of a scheme differ in what stands around their MAC. */
const MADE = new Map<string, Buffer>();

export interface HmacInput {
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly key: Buffer;
  readonly content: Buffer;
}

export function digest(hash: 'sha1' | 'sha256', content: Buffer): Buffer {
  return openssl(['dgst', `-${hash}`, '-binary'], content);
}

/** RSA (PKCS #1 v1.5) or ECDSA (DER) over SHA-256, by the private key in a PEM file. */
export function signSha256(keyPath: string, content: Buffer): Buffer {
  return openssl(['dgst', '-sha256', '-sign', keyPath], content);
}

/** Ed25519 over the content itself, which this command wants to know the length of beforehand: a file beside the key. */
export function signEd25519(keyPath: string, content: Buffer): Buffer {
  const path = `${keyPath}.content`;
  writeFileSync(path, content);
  return openssl(['pkeyutl', '-sign', '-inkey', keyPath, '-rawin', '-in', path], Buffer.alloc(0));
}

/** Whether the public key in that PEM file made the ECDSA signature (DER) over SHA-256. */
export function verifySha256(paths: { publicKey: string; signature: string }, content: Buffer): boolean {
  const args = ['dgst', '-sha256', '-verify', paths.publicKey, '-signature', paths.signature];
  return spawnSync('openssl', args, { input: content }).status === 0;
}

/** `r` and `s` of a DER signature (RFC 3279 section 2.2.3), each in 32 bytes, as JWS has them (RFC 7518 section 3.4). */
export function rawEcdsa(der: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 2;
  while (parts.length < 2) {
    const length = der[at + 1] ?? 0;
    const integer = der.subarray(at + 2, at + 2 + length);
    const bytes = Buffer.alloc(32);
    const significant = integer.subarray(Math.max(0, integer.length - 32));
    significant.copy(bytes, 32 - significant.length);
    parts.push(bytes);
    at += 2 + length;
  }
  return Buffer.concat(parts);
}

function openssl(args: readonly string[], input: Buffer): Buffer {
  const { status, stdout, stderr, error } = spawnSync('openssl', args, { input });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr.toString()}`);
  return stdout;
}

/** A fresh key pair: the private key in a file, the public one in PEM. */
export function generateKey(kind: 'rsa' | 'ec' | 'ed25519', path: string): string {
  const options = {
    rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ed25519: ['-algorithm', 'ED25519'],
  }[kind];
  openssl(['genpkey', ...options, '-out', path], Buffer.alloc(0));
  return openssl(['pkey', '-in', path, '-pubout'], Buffer.alloc(0)).toString();
}
