import { concatBytes, Fault, type Limits } from '#base';

/** The body of a call outward. */
export interface ForwardBody {
  /** Bytes when the call can be repeated, a stream when it can't. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly repeatable: boolean;
}

/**
 * Takes over the caller's body: a small one is read whole, so that the call can be repeated; a large or unmeasured one
 * is streamed once.
 *
 * Throws `LENGTH_MISMATCH` when the caller went away or sent another length than announced, `BODY_TOO_LARGE`; a stream
 * throws them while it is read.
 */
export async function forwardBodyOf(
  { body, bodyBytes }: { body: AsyncIterable<Uint8Array> | null; bodyBytes: number | null },
  limits: Limits,
): Promise<ForwardBody> {
  if (body === null) return { content: null, repeatable: true };
  const received = counted(fromCaller(body), {
    bytesMax: limits.forwardBodyBytesMax,
    code: 'BODY_TOO_LARGE',
  });
  if (bodyBytes === null || bodyBytes > limits.forwardRepeatBytesMax)
    return { content: received, repeatable: false };
  const chunks: Uint8Array[] = [];
  for await (const chunk of received) chunks.push(chunk);
  const content = concatBytes(chunks);
  if (content.length !== bodyBytes) throw new Fault('LENGTH_MISMATCH');
  return { content, repeatable: true };
}

/** A body that ends with a fault beyond `bytesMax` bytes. */
export async function* counted(
  body: AsyncIterable<Uint8Array>,
  { bytesMax, code }: { bytesMax: number; code: 'BODY_TOO_LARGE' | 'OUTBOUND_RESPONSE_TOO_LARGE' },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Fault(code, { detail: `At most ${bytesMax} bytes.` });
    yield chunk;
  }
}

async function* fromCaller(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('LENGTH_MISMATCH', { cause });
  }
}
