const REPLACEMENT = Buffer.from('[redacted]');

/** Takes known secrets out of what a platform sends back. */
export interface Scrubber {
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
  /** Gives the same bytes however the body is cut into pieces. */
  stream(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
}

/**
 * Makes a scrubber for what `needlesOf` gives of the secrets in use. A secret cut in two by the network is found all
 * the same: as many bytes are held back as the start of one could have.
 *
 * @example for await (const piece of createScrubber(needlesOf([token])).stream(answer.body)) send(piece);
 */
export function createScrubber(needles: readonly Buffer[]): Scrubber {
  const longest = needles.reduce((most, { length }) => Math.max(most, length), 0);
  return {
    text: (text) => scrubbed(Buffer.from(text), needles).out.toString(),
    bytes: (bytes) => scrubbed(view(bytes), needles).out,
    async *stream(body) {
      if (longest === 0) {
        yield* body;
        return;
      }
      let rest: Buffer = Buffer.alloc(0);
      let covered = 0;
      for await (const chunk of body) {
        const bytes = rest.length === 0 ? view(chunk) : Buffer.concat([rest, chunk]);
        const until = Math.max(0, bytes.length - (longest - 1));
        const step = scrubbed(bytes, needles, { covered, until });
        if (step.out.length > 0) yield step.out;
        rest = bytes.subarray(until);
        covered = step.covered;
      }
      const last = scrubbed(rest, needles, { covered, until: rest.length });
      if (last.out.length > 0) yield last.out;
    },
  };
}

interface Span {
  /** Bytes at the start that belong to a secret already replaced. */
  readonly covered: number;
  /** Where to end: everything that begins before it is wholly in the bytes. */
  readonly until: number;
}

/**
 * Replaces each run of overlapping secrets that begins in the span; `covered` says how far the last one reaches beyond
 * it. Each needle is looked for once over the bytes, so that an answer full of secrets costs no more than any other.
 */
function scrubbed(
  bytes: Buffer,
  needles: readonly Buffer[],
  { covered, until }: Span = { covered: 0, until: bytes.length },
): { out: Buffer; covered: number } {
  const out: Buffer[] = [];
  const positions = needles.map((needle) => find(bytes, needle, 0));
  let done = covered;
  for (;;) {
    const at = Math.min(...positions);
    if (at >= until) break;
    if (at >= done) {
      if (at > done) out.push(bytes.subarray(done, at));
      out.push(REPLACEMENT);
    }
    for (const [index, needle] of needles.entries()) {
      if (positions[index] !== at) continue;
      done = Math.max(done, at + needle.length);
      positions[index] = find(bytes, needle, at + 1);
    }
  }
  if (done < until) out.push(bytes.subarray(done, until));
  const [only] = out;
  // As a rule there is nothing to replace, and nothing to copy.
  return {
    out: out.length === 1 && only !== undefined ? only : Buffer.concat(out),
    covered: Math.max(0, done - until),
  };
}

function find(bytes: Buffer, needle: Buffer, from: number): number {
  const at = bytes.indexOf(needle, from);
  return at === -1 ? Number.POSITIVE_INFINITY : at;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
