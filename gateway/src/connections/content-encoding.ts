import { pipeline, Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { Fault } from '#base';
import { counted } from './forward-body.ts';

/** Content codings that are undone (RFC 9110 section 8.4.1). */
const DECODERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/**
 * The body without its content coding; `null` for an unknown one or several. Answers are asked for unpacked, but one
 * that is packed all the same has to be unpacked, or no secret could be found in it.
 *
 * The stream throws `OUTBOUND_RESPONSE_INVALID` for what isn't packed as announced, `OUTBOUND_RESPONSE_TOO_LARGE`
 * beyond `bytesMax` bytes unpacked.
 */
export function unpacked(
  body: AsyncIterable<Uint8Array>,
  { encodings, bytesMax }: { encodings: readonly string[]; bytesMax: number },
): AsyncIterable<Uint8Array> | null {
  const names = encodings
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  const [name] = names;
  if (name === undefined) return body;
  const decoder = names.length === 1 ? DECODERS.get(name) : undefined;
  if (decoder === undefined) return null;
  return counted(through(body, decoder()), { bytesMax, code: 'OUTBOUND_RESPONSE_TOO_LARGE' });
}

async function* through(body: AsyncIterable<Uint8Array>, decoder: Transform): AsyncGenerator<Uint8Array> {
  // Ends both with either of them; the error comes out of the decoder below.
  const stream: AsyncIterable<Uint8Array> = pipeline(
    Readable.from(body, { objectMode: false }),
    decoder,
    () => {},
  );
  try {
    yield* stream;
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('OUTBOUND_RESPONSE_INVALID', { cause });
  }
}
