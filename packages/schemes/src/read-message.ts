import { needsParsing, signedContents } from './content.ts';
import { parseBody } from './derived.ts';
import { type HeaderValue, readHeader, readHeaders } from './header.ts';
import { memberAt } from './json-tree.ts';
import { LIMITS } from './limits.ts';
import { readForm } from './read-form.ts';
import { readItems } from './read-items.ts';
import { readJwt } from './read-jwt.ts';
import { notRead, type Reading, type ReadingInput } from './reading.ts';
import type { Scheme, SignatureForm } from './scheme.ts';
import { readSignatures } from './signature.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * What a message says of its signature, parsed once: the signatures, what they should be of, the id and the time.
 * Nothing in it is trusted yet. The configuration decides on the scheme; the message only fills its places.
 */
export function readMessage(scheme: Scheme, input: ReadingInput): Reading {
  return READERS[scheme.signature.kind](scheme, input);
}

type Reader = (scheme: Scheme, input: ReadingInput) => Reading;

const READERS: Readonly<Record<SignatureForm['kind'], Reader>> = Object.freeze({
  whole: readPlain,
  'versioned-list': readPlain,
  pairs: readPlain,
  stamped: readPlain,
  'body-member': readPlain,
  jwt: readJwt,
  form: readForm,
  items: readItems,
});

/** Whatever has its signatures in a header or in one member of the body. */
function readPlain(scheme: Scheme, input: ReadingInput): Reading {
  const parsed = needsParsing(scheme) ? parseBody(input.body) : null;
  if (parsed === null && needsParsing(scheme)) return notRead('body-malformed');
  const text =
    scheme.signature.kind === 'body-member'
      ? memberText(memberAt(parsed?.root ?? null, scheme.signature.name))
      : readHeader(input.rawHeaders, scheme.headers.signature ?? '');
  if (text.kind === 'repeated' && scheme.headers.repeats === true) return readRepeated(scheme, input);
  if (text.kind !== 'present') return notRead(`signature-${text.kind}`);
  const id = readOptional(input.rawHeaders, scheme.headers.id);
  if (id.kind === 'missing' && !mayLackId(scheme)) return notRead('id-missing');
  if (id.kind === 'repeated') return notRead('id-repeated');
  if (id.kind === 'present' && !isHeaderId(id.value, scheme)) return notRead('id-malformed');
  const header = readOptional(input.rawHeaders, scheme.headers.timestamp);
  if (header.kind === 'missing' || header.kind === 'repeated') return notRead(`timestamp-${header.kind}`);
  const early = header.kind === 'present' ? timeOf(scheme, header.value) : null;
  if (header.kind === 'present' && early === null) return notRead('timestamp-malformed');

  const read = readSignatures(scheme, { text: text.value, parameters: input.parameters });
  if (!read.ok) return notRead(read.reason, early);
  const timestampText = header.kind === 'present' ? header.value : read.timestampText;
  const timestampMs = timestampText === null ? null : timeOf(scheme, timestampText);
  if (timestampText !== null && timestampMs === null) return notRead('timestamp-malformed');

  const idText = id.kind === 'present' ? id.value : null;
  const contents = signedContents(scheme, { ...input, parsed, id: idText, timestampText });
  if (typeof contents === 'string') return notRead(contents, timestampMs);
  return { ok: true, messages: [{ signatures: read.signatures, contents }], id: idText, timestampMs };
}

/** Each of them by itself; one that isn't canonical refuses all. For schemes that sign the body alone. */
function readRepeated(scheme: Scheme, input: ReadingInput): Reading {
  const texts = readHeaders(input.rawHeaders, scheme.headers.signature ?? '');
  if (texts.length > LIMITS.signaturesMax) return notRead('signature-repeated');
  const signatures: Uint8Array[] = [];
  for (const text of texts) {
    const read = readSignatures(scheme, { text, parameters: input.parameters });
    if (!read.ok) return notRead(read.reason);
    signatures.push(...read.signatures);
  }
  const contents = signedContents(scheme, { ...input, parsed: null, id: null, timestampText: null });
  if (typeof contents === 'string') return notRead(contents);
  return { ok: true, messages: [{ signatures, contents }], id: null, timestampMs: null };
}

/**
 * No dot in the id, nor the character that follows it in the signed content: it ends there, so that one signed message can't be cut
 * anew into another id, timestamp and body. Visible ASCII, because header text beyond it has no one encoding.
 */
export function isHeaderId(id: string, scheme: Scheme): boolean {
  if (id.length > LIMITS.idCharactersMax || !/^[\x21-\x2d\x2f-\x7e]+$/.test(id)) return false;
  const end = endOfId(scheme);
  return end === '' || !id.includes(end);
}

function endOfId({ content }: Scheme): string {
  const at = content.findIndex((part) => part === 'id');
  const after = at < 0 ? content.find(isOptionalId) : content[at + 1];
  if (typeof after !== 'object') return '';
  if ('literal' in after) return after.literal.slice(0, 1);
  return 'optional' in after ? after.after.slice(0, 1) : '';
}

function isOptionalId(part: Scheme['content'][number]): boolean {
  return typeof part === 'object' && 'optional' in part && part.optional === 'id';
}

/** Whether a message is complete without its id. */
export function mayLackId({ content }: Scheme): boolean {
  return content.some(isOptionalId);
}

function timeOf({ timestamp }: Scheme, text: string): number | null {
  return timestamp === null ? null : parseTimestamp(text, timestamp.unit);
}

function memberText(node: ReturnType<typeof memberAt>): HeaderValue {
  return node?.kind === 'string' && node.value !== ''
    ? { kind: 'present', value: node.value }
    : { kind: 'missing' };
}

function readOptional(
  rawHeaders: readonly string[],
  name: string | null,
): HeaderValue | { readonly kind: 'unsigned' } {
  return name === null ? { kind: 'unsigned' } : readHeader(rawHeaders, name);
}
