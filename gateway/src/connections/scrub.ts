const REPLACEMENT = Buffer.from('[redacted]');
/** Shorter texts would be found where they mean nothing. */
const NEEDLE_BYTES_MIN = 8;

/** Takes known secrets out of what a platform sends back. */
export interface Scrubber {
  text(text: string): string;
  stream(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
}

/**
 * Makes a scrubber for the secrets in use: as they are, and as they look inside JSON, addresses, base64 and
 * hexadecimal. A secret cut in two by the network is found all the same: as many bytes are held back as the start of
 * one could have.
 */
export function createScrubber(secrets: readonly string[]): Scrubber {
  const needles = needlesOf(secrets);
  const longest = needles.reduce((most, needle) => Math.max(most, needle.length), 0);
  const clean = (bytes: Buffer, last: boolean): { out: Buffer[]; rest: Buffer } => {
    const out: Buffer[] = [];
    let at = 0;
    for (;;) {
      const hit = firstHit(bytes, at, needles);
      if (hit === null) break;
      out.push(bytes.subarray(at, hit.at), REPLACEMENT);
      at = hit.at + hit.bytes;
    }
    const keep = last ? 0 : Math.min(longest - 1, bytes.length - at);
    out.push(bytes.subarray(at, bytes.length - keep));
    return { out, rest: bytes.subarray(bytes.length - keep) };
  };
  return {
    text: (text) => Buffer.concat(clean(Buffer.from(text), true).out).toString(),
    async *stream(body) {
      if (longest === 0) return yield* body;
      let rest: Buffer = Buffer.alloc(0);
      for await (const chunk of body) {
        const cleaned = clean(rest.length === 0 ? view(chunk) : Buffer.concat([rest, chunk]), false);
        rest = cleaned.rest;
        for (const piece of cleaned.out) if (piece.length > 0) yield piece;
      }
      for (const piece of clean(rest, true).out) if (piece.length > 0) yield piece;
    },
  };
}

/** Longest first, so that a secret inside another one's encoding doesn't leave a remainder standing. */
function needlesOf(secrets: readonly string[]): readonly Buffer[] {
  const texts = new Set<string>();
  for (const secret of secrets) {
    const bytes = Buffer.from(secret);
    if (bytes.length < NEEDLE_BYTES_MIN) continue;
    texts.add(secret).add(JSON.stringify(secret).slice(1, -1)).add(encodeURIComponent(secret));
    for (const shift of [0, 1, 2]) for (const text of base64Inside(bytes, shift)) texts.add(text);
    texts.add(bytes.toString('hex')).add(bytes.toString('hex').toUpperCase());
  }
  return [...texts].map((text) => Buffer.from(text)).toSorted((left, right) => right.length - left.length);
}

/**
 * What a secret looks like in the middle of a longer base64 text, where it may begin at any of three places: without
 * the characters at either end that also depend on its neighbours.
 */
function base64Inside(bytes: Buffer, shift: number): readonly string[] {
  const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor((shifted.length * 8) / 6);
  return [shifted.toString('base64').slice(from, to), shifted.toString('base64url').slice(from, to)];
}

function firstHit(
  bytes: Buffer,
  from: number,
  needles: readonly Buffer[],
): { at: number; bytes: number } | null {
  let first: { at: number; bytes: number } | null = null;
  for (const needle of needles) {
    const at = bytes.indexOf(needle, from);
    if (at !== -1 && (first === null || at < first.at)) first = { at, bytes: needle.length };
  }
  return first;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
