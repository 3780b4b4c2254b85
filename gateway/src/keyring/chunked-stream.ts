import { concatBytes, equalBytes, randomBytes } from '#base';
import {
  CHUNK_BYTES,
  type ChunkedCipher,
  HEADER_BYTES,
  openFailed,
  SALT_BYTES,
  TAG_BYTES,
} from './chunked.ts';

export interface ChunkedStream {
  readonly cipher: ChunkedCipher;
  readonly context: Uint8Array;
  /** Pieces of any size. */
  readonly source: AsyncIterable<Uint8Array>;
}

/** Seals a stream, holding one chunk (16 KiB) at a time; the result is what `seal` gives for the whole. */
export async function* sealChunkedStream({
  cipher,
  context,
  source,
}: ChunkedStream): AsyncGenerator<Uint8Array> {
  const salt = randomBytes(SALT_BYTES);
  const message = cipher.begin(context, salt);
  try {
    yield concatBytes([salt, message.commitment]);
    let index = 0;
    for await (const piece of regroup(source, CHUNK_BYTES)) {
      const { body, tag } = message.sealChunk(index, piece);
      yield concatBytes([body, tag]);
      index += 1;
    }
  } finally {
    message.close();
  }
}

/**
 * Opens a stream, one verified chunk at a time, or throws `OPEN_FAILED`.
 * What was given before a throw is authentic but may be cut short: whoever needs all or nothing uses `open`.
 */
export async function* openChunkedStream({
  cipher,
  context,
  source,
}: ChunkedStream): AsyncGenerator<Uint8Array> {
  let message: ReturnType<ChunkedCipher['begin']> | null = null;
  try {
    let index = 0;
    for await (const piece of regroup(source, CHUNK_BYTES + TAG_BYTES, HEADER_BYTES)) {
      if (message === null) {
        if (piece.length < HEADER_BYTES) throw openFailed('its header is cut off');
        message = cipher.begin(context, piece.subarray(0, SALT_BYTES));
        if (!equalBytes(message.commitment, piece.subarray(SALT_BYTES))) {
          throw openFailed('the commitment does not match the key and context');
        }
        continue;
      }
      if (piece.length < TAG_BYTES) throw openFailed('it is cut off');
      const opened = message.openChunk(index, piece);
      if (opened.length > 0) yield opened;
      index += 1;
    }
    if (message === null) throw openFailed('it is empty');
  } finally {
    message?.close();
  }
}

/**
 * Cuts a stream into pieces of one size (the first may have another), then the rest: always one last piece shorter
 * than the size, which may be empty.
 */
async function* regroup(
  source: AsyncIterable<Uint8Array>,
  size: number,
  firstSize: number = size,
): AsyncGenerator<Uint8Array> {
  let wanted = firstSize;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const part of source) {
    let rest = part;
    while (heldBytes + rest.length >= wanted) {
      const taken = wanted - heldBytes;
      yield concatBytes([...held, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      held = [];
      heldBytes = 0;
      wanted = size;
    }
    if (rest.length > 0) {
      held.push(Uint8Array.from(rest));
      heldBytes += rest.length;
    }
  }
  yield concatBytes(held);
}
