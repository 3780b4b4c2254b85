import { hash } from 'node:crypto';
import { signatureBytes } from './algorithms.ts';
import { decodeBase64Url, decodeSignature } from './encoding.ts';
import { readHeader } from './header.ts';
import { type JsonNode, memberAt, parseJsonTree } from './json-tree.ts';
import { LIMITS } from './limits.ts';
import { notRead, type Reading, type ReadingInput } from './reading.ts';
import type { Scheme, SignatureAlgorithm } from './scheme.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * A compact JWS (RFC 7515 section 7.1) that covers the SHA-256 of the body and the time of its making. Its `alg` has
 * to be the configured one: it chooses nothing (RFC 8725 section 3.1). Extensions that must be understood refuse it.
 */
export function readJwt(scheme: Scheme, { rawHeaders, body }: ReadingInput): Reading {
  const header = readHeader(rawHeaders, scheme.headers.signature ?? '');
  if (header.kind !== 'present') return notRead(`signature-${header.kind}`);
  const jwt = splitJwt(header.value);
  if (jwt === null) return notRead('signature-malformed');
  if (memberAt(jwt.header, 'crit') !== null) return notRead('signature-malformed');
  const algorithm = memberAt(jwt.header, 'alg');
  if (algorithm?.kind !== 'string' || algorithm.value !== JOSE_NAMES[scheme.algorithm])
    return notRead('algorithm-wrong');
  const signature = decodeSignature(jwt.signatureText, {
    encoding: 'base64url',
    bytes: signatureBytes(scheme.algorithm),
  });
  if (signature === null) return notRead('signature-malformed');
  const issued = memberAt(jwt.payload, 'iat');
  if (issued === null) return notRead('timestamp-missing');
  const timestampMs = issued.kind === 'number' ? parseTimestamp(issued.value, 'seconds') : null;
  if (timestampMs === null) return notRead('timestamp-malformed');
  const digest = memberAt(jwt.payload, 'request_body_sha256');
  if (digest?.kind !== 'string' || digest.value !== hash('sha256', body, 'hex'))
    return notRead('digest-mismatch', timestampMs);
  return {
    ok: true,
    messages: [{ signatures: [signature], contents: [[jwt.signed]] }],
    id: null,
    timestampMs,
  };
}

/** The three parts of it, or `null`; the first two as JSON. */
export function splitJwt(text: string): Jwt | null {
  if (text.length > LIMITS.signatureHeaderCharactersMax) return null;
  const [headerText, payloadText, signatureText, ...rest] = text.split('.');
  if (headerText === undefined || payloadText === undefined || signatureText === undefined) return null;
  if (rest.length > 0) return null;
  const [header, payload] = [jsonOf(headerText), jsonOf(payloadText)];
  if (header === null || payload === null) return null;
  return { header, payload, signatureText, signed: `${headerText}.${payloadText}` };
}

export interface Jwt {
  readonly header: JsonNode;
  readonly payload: JsonNode;
  readonly signatureText: string;
  readonly signed: string;
}

export const JOSE_NAMES: Readonly<Partial<Record<SignatureAlgorithm, string>>> = Object.freeze({
  es256: 'ES256',
});

function jsonOf(text: string): JsonNode | null {
  const bytes = decodeBase64Url(text);
  if (bytes === null) return null;
  return parseJsonTree(Buffer.from(bytes).toString('utf8'), { depthMax: 4, nodesMax: 64 });
}
