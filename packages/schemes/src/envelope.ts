import { type HeaderValue, readHeader } from './header.ts';
import { LIMITS } from './limits.ts';
import type { Reason } from './reasons.ts';
import type { ContentPart, Scheme } from './scheme.ts';
import { readSignatures } from './signature.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * What the headers say, parsed once: the MACs, the id and the timestamp that the scheme signs. Nothing in it is
 * trusted yet. The configuration decides on the scheme; the headers only fill its places.
 */
export function readEnvelope(scheme: Scheme, rawHeaders: readonly string[]): Envelope | EnvelopeRefused {
  const signature = readHeader(rawHeaders, scheme.headers.signature);
  if (signature.kind !== 'present') return refused(`signature-${signature.kind}`);
  const id = readOptional(rawHeaders, scheme.headers.id);
  if (id.kind !== 'unsigned' && id.kind !== 'present') return refused(`id-${id.kind}`);
  if (id.kind === 'present' && !isHeaderId(id.value)) return refused('id-malformed');
  const timestamp = readOptional(rawHeaders, scheme.headers.timestamp);
  if (timestamp.kind !== 'unsigned' && timestamp.kind !== 'present')
    return refused(`timestamp-${timestamp.kind}`);
  const timestampText = timestamp.kind === 'present' ? timestamp.value : null;
  const timestampMs =
    timestampText === null || scheme.timestamp === null
      ? null
      : parseTimestamp(timestampText, scheme.timestamp.unit);
  if (timestampText !== null && timestampMs === null) return refused('timestamp-malformed');
  const signatures = readSignatures(scheme, signature.value);
  if (!signatures.ok) return { ok: false, reason: signatures.reason, timestampMs };
  return {
    ok: true,
    macs: signatures.macs,
    id: id.kind === 'present' ? id.value : null,
    timestampText,
    timestampMs,
  };
}

export interface Envelope {
  readonly ok: true;
  readonly macs: readonly Uint8Array[];
  readonly id: string | null;
  readonly timestampText: string | null;
  readonly timestampMs: number | null;
}

export interface EnvelopeRefused {
  readonly ok: false;
  readonly reason: Reason;
  readonly timestampMs: number | null;
}

/**
 * No dot in the id: it ends at the first dot of the signed content, so that one signed message can't be cut
 * anew into another id, timestamp and body. Visible ASCII, because header text beyond it has no one encoding.
 */
export function isHeaderId(id: string): boolean {
  return id.length <= LIMITS.idCharactersMax && /^[\x21-\x2d\x2f-\x7e]+$/.test(id);
}

/** The signed content as chunks that follow each other; the body's bytes are passed on untouched. */
export function signedContent(input: SignedContentInput): (string | Uint8Array)[] {
  const values: Record<'id' | 'timestamp' | 'body', string | Uint8Array> = {
    id: input.id ?? '',
    timestamp: input.timestampText ?? '',
    body: input.body,
  };
  return input.content.map((part) => (typeof part === 'string' ? values[part] : part.literal));
}

export interface SignedContentInput {
  readonly content: readonly ContentPart[];
  readonly id: string | null;
  readonly timestampText: string | null;
  readonly body: Uint8Array;
}

function readOptional(
  rawHeaders: readonly string[],
  name: string | null,
): HeaderValue | { kind: 'unsigned' } {
  return name === null ? { kind: 'unsigned' } : readHeader(rawHeaders, name);
}

function refused(reason: Reason): EnvelopeRefused {
  return { ok: false, reason, timestampMs: null };
}
