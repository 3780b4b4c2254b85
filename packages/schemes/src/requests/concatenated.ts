import { decodeMac } from '../encoding.ts';
import { type HeaderValue, readHeader } from '../header.ts';
import { MACS } from '../mac.ts';
import { parseTimestamp } from '../timestamp.ts';
import { bears, isPlainText } from './header-text.ts';
import type { RequestReason } from './request-reasons.ts';
import type { ConcatenatedScheme, RequestPart } from './request-scheme.ts';

/** What the headers of a concatenated scheme say, `null` when the request bears none of its signatures. */
export function readConcatenated(
  scheme: ConcatenatedScheme,
  rawHeaders: readonly string[],
): ConcatenatedRead | null {
  const fields =
    scheme.headers.kind === 'separate'
      ? separateFields(scheme.headers, rawHeaders)
      : joinedFields(scheme.headers.name, rawHeaders);
  if (fields === null) return null;
  if (typeof fields === 'string') return refused(fields);
  const { keyId, timestampText, signatureText } = fields;
  if (!isPlainText(keyId)) return refused('key-id-malformed');
  const timestampMs = parseTimestamp(timestampText, scheme.timestamp.unit);
  if (timestampMs === null) return refused('timestamp-malformed');
  const [algorithm] = scheme.algorithms;
  const signature = decodeMac(signatureText, {
    encoding: scheme.encoding,
    bytesCount: MACS[algorithm].bytesCount,
  });
  if (signature === null) return { ok: false, reason: 'signature-malformed', createdMs: timestampMs };
  return { ok: true, keyId, nonce: null, algorithm, createdMs: timestampMs, timestampText, signature };
}

export type ConcatenatedRead =
  | {
      readonly ok: true;
      readonly keyId: string;
      readonly nonce: null;
      readonly algorithm: 'hmac-sha256';
      readonly createdMs: number;
      readonly timestampText: string;
      readonly signature: Uint8Array;
    }
  | { readonly ok: false; readonly reason: RequestReason; readonly createdMs: number | null };

/** The signed content as chunks that follow each other; the body's bytes are passed on untouched. */
export function concatenatedContent(
  { content, separator }: ConcatenatedScheme,
  parts: Readonly<Record<RequestPart, string | Uint8Array>>,
): (string | Uint8Array)[] {
  return content.flatMap((part, index) =>
    index === 0 || separator === '' ? [parts[part]] : [separator, parts[part]],
  );
}

interface Fields {
  readonly keyId: string;
  readonly timestampText: string;
  readonly signatureText: string;
}

type SeparateHeaders = Extract<ConcatenatedScheme['headers'], { kind: 'separate' }>;

/** The key id's header alone is no signature; a timestamp or a signature alone is half of one, and refused. */
function separateFields(
  headers: SeparateHeaders,
  rawHeaders: readonly string[],
): Fields | RequestReason | null {
  if (!bears(rawHeaders, headers.signature) && !bears(rawHeaders, headers.timestamp)) return null;
  const signature = readHeader(rawHeaders, headers.signature);
  if (signature.kind !== 'present') return `signature-${signature.kind}`;
  const keyId = readHeader(rawHeaders, headers.keyId);
  if (keyId.kind !== 'present') return `key-id-${keyId.kind}`;
  const timestamp = readHeader(rawHeaders, headers.timestamp);
  if (timestamp.kind !== 'present') return `timestamp-${timestamp.kind}`;
  return { keyId: keyId.value, timestampText: timestamp.value, signatureText: signature.value };
}

/** `key:time:signature`. A value with a space in it, as `Bearer …` has one, is another kind of credential. */
function joinedFields(name: string, rawHeaders: readonly string[]): Fields | RequestReason | null {
  const header: HeaderValue = readHeader(rawHeaders, name);
  if (header.kind === 'missing') return null;
  if (header.kind === 'repeated') return 'signature-repeated';
  if (header.value.includes(' ') || !header.value.includes(':')) return null;
  const [keyId, timestampText, signatureText, ...rest] = header.value.split(':', 4);
  if (keyId === undefined || timestampText === undefined || signatureText === undefined || rest.length > 0) {
    return 'signature-malformed';
  }
  return { keyId, timestampText, signatureText };
}

function refused(reason: RequestReason): ConcatenatedRead {
  return { ok: false, reason, createdMs: null };
}
