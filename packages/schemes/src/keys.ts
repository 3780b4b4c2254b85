import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isMac, isOf } from './algorithms.ts';
import { isPlain } from './configured.ts';
import { decodeBase64Text } from './encoding.ts';
import { readHeader } from './header.ts';
import { memberAt, parseJsonTree } from './json-tree.ts';
import { LIMITS } from './limits.ts';
import { splitJwt } from './read-jwt.ts';
import type { KeyedAlgorithm, KeySource, Scheme, SchemeName } from './scheme.ts';
import { schemeOf } from './schemes.ts';
import { pemKey } from './secret.ts';

/**
 * Which key a message says it was signed with, and the address it is to be fetched from: `https`, of a host that the
 * row pins, never with a user, a port, a query or a redirect in it. `url` is `null` where the key can only be
 * configured. The answer is `null` for a scheme without such keys, and for a message that names none, or one it may not.
 * It only looks up: the message is no more trusted for it.
 *
 * @example
 * keyNeeded({ scheme: 'paypal', rawHeaders })?.url; // 'https://api.paypal.com/v1/notifications/certs/CERT-…'
 */
export function keyNeeded({ scheme: which, rawHeaders, parameters }: KeyNeededInput): KeyNeeded | null {
  const scheme = schemeOf(which);
  if (scheme.keySource === null) return null;
  const keyId = keyIdOf(scheme, rawHeaders);
  if (keyId === null) return null;
  const mode = parameters?.mode ?? 'live';
  switch (scheme.keySource.kind) {
    case 'configured':
      return { keyId, url: null };
    case 'certificate-url': {
      const url = pinnedUrl(keyId, scheme.keySource, mode);
      return url === null ? null : { keyId: url, url };
    }
    case 'by-id': {
      const host = hostOf(scheme.keySource, mode);
      // The id becomes a segment of a path, so it is what ids are made of and nothing else.
      if (host === null || !/^[A-Za-z0-9_-]{1,128}$/.test(keyId)) return null;
      return { keyId, url: `https://${host}${scheme.keySource.pathPrefix}${keyId}` };
    }
  }
}

export interface KeyNeededInput {
  readonly scheme: SchemeName | Scheme;
  readonly rawHeaders: readonly string[];
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface KeyNeeded {
  readonly keyId: string;
  readonly url: string | null;
}

/**
 * The key in what a platform served at the address of `keyNeeded`, to be passed on as a secret; or why it is none. A
 * certificate has to be valid now and to be made out to one of the row's names. Its chain is not followed: what vouches
 * for it is the TLS connection to the pinned host it came over. Throws only for a scheme whose keys are not fetched.
 *
 * @example
 * const key = parseFetchedKey('paypal', bytes, { nowMs: Date.now() });
 * if (key.ok) secrets.push({ id: needed.keyId, bytes: key.bytes });
 */
export function parseFetchedKey(
  which: SchemeName | Scheme,
  bytes: Uint8Array,
  at: { nowMs: number },
): FetchedKey {
  const { keySource, algorithm } = schemeOf(which);
  if (keySource === null || isMac(algorithm) || bytes.length > LIMITS.fetchedKeyBytesMax) return MALFORMED;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (keySource.kind === 'certificate-url') return certificateKey(text, { keySource, algorithm, ...at });
  if (keySource.kind === 'by-id') return asKey(circleKey(text), algorithm);
  return asKey(keySource.format === 'jwk' ? jwkKey(text) : pemKey(text, 'PUBLIC KEY'), algorithm);
}

export type FetchedKey =
  | {
      readonly ok: true;
      /** SPKI. */
      readonly bytes: Uint8Array;
      /** From when on it must not be used, or `null` where the key says nothing of it. */
      readonly notAfterMs: number | null;
    }
  | { readonly ok: false; readonly reason: 'malformed' | 'not-yet-valid' | 'expired' | 'wrong-subject' };

const MALFORMED: FetchedKey = Object.freeze({ ok: false, reason: 'malformed' });

function keyIdOf({ headers, signature }: Scheme, rawHeaders: readonly string[]): string | null {
  if (signature.kind === 'jwt') {
    const header = readHeader(rawHeaders, headers.signature ?? '');
    const kid = memberAt(header.kind === 'present' ? (splitJwt(header.value)?.header ?? null) : null, 'kid');
    return kid?.kind === 'string' && isPlain(kid.value, LIMITS.idCharactersMax) ? kid.value : null;
  }
  if (headers.key === undefined) return null;
  const header = readHeader(rawHeaders, headers.key);
  return header.kind === 'present' && isPlain(header.value, LIMITS.urlCharactersMax) ? header.value : null;
}

type FetchedSource = Exclude<KeySource, { kind: 'configured' }>;

function hostOf({ hosts }: FetchedSource, mode: string): string | null {
  return Object.hasOwn(hosts, mode) ? (hosts[mode] ?? null) : null;
}

/**
 * Compared as text from the first character: whatever a parser of addresses would make of a user, a port, an upper-case
 * scheme, a backslash or an escape, it isn't accepted here. The rest is one segment of plain characters.
 */
function pinnedUrl(text: string, source: FetchedSource, mode: string): string | null {
  const host = hostOf(source, mode);
  if (host === null) return null;
  const start = `https://${host}${source.pathPrefix}`;
  return text.startsWith(start) && /^[A-Za-z0-9_-]{1,128}$/.test(text.slice(start.length)) ? text : null;
}

interface CertificateInput {
  readonly keySource: Extract<KeySource, { kind: 'certificate-url' }>;
  readonly algorithm: KeyedAlgorithm;
  readonly nowMs: number;
}

function certificateKey(text: string, { keySource, algorithm, nowMs }: CertificateInput): FetchedKey {
  const certificate = firstCertificate(text);
  if (certificate === null) return MALFORMED;
  const [from, until] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  if (!(nowMs >= from)) return { ok: false, reason: 'not-yet-valid' };
  if (!(nowMs <= until)) return { ok: false, reason: 'expired' };
  const names = (certificate.subject ?? '').split('\n').filter((part) => part.startsWith('CN='));
  const [name] = names;
  if (names.length !== 1 || name === undefined || !keySource.subjects.includes(name.slice(3)))
    return { ok: false, reason: 'wrong-subject' };
  const key = asKey(certificate.publicKey, algorithm);
  return key.ok ? { ...key, notAfterMs: until } : key;
}

/** The leaf comes first; the rest of the chain may follow. */
function firstCertificate(text: string): X509Certificate | null {
  const block = /^-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----/.exec(
    text.trimStart(),
  );
  if (block === null) return null;
  try {
    return new X509Certificate(block[0]);
  } catch {
    return null;
  }
}

/** `{"data":{"publicKey":"<base64 of SPKI>"}}`. */
function circleKey(text: string): KeyObject | null {
  const tree = parseJsonTree(text, { depthMax: 4, nodesMax: 64 });
  const node = memberAt(memberAt(tree, 'data'), 'publicKey');
  const spki = node?.kind === 'string' ? decodeBase64Text(node.value) : null;
  return spki === null
    ? null
    : keyOrNull(() => createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }));
}

/** Plaid's `{"key":{"kty":"EC",…,"expired_at":null}}`, or the key alone; one that has expired is none. */
function jwkKey(text: string): KeyObject | null {
  const tree = parseJsonTree(text, { depthMax: 4, nodesMax: 64 });
  const jwk = memberAt(tree, 'key') ?? tree;
  const expired = memberAt(jwk, 'expired_at');
  if (expired !== null && !(expired.kind === 'literal' && expired.value === 'null')) return null;
  const [kty, crv, x, y] = ['kty', 'crv', 'x', 'y'].map((name) => {
    const node = memberAt(jwk, name);
    return node?.kind === 'string' ? node.value : undefined;
  });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) return null;
  return keyOrNull(() => createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }));
}

function keyOrNull(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function asKey(key: KeyObject | null, algorithm: KeyedAlgorithm): FetchedKey {
  if (key === null || !isOf(algorithm, key)) return MALFORMED;
  return { ok: true, bytes: key.export({ format: 'der', type: 'spki' }), notAfterMs: null };
}
