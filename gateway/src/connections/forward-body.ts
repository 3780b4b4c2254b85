import { concatBytes, Fault, type Limits } from '#base';

/** The body of a call outward. */
export interface ForwardBody {
  /** Bytes when the call can be repeated, a stream when it can't. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly repeatable: boolean;
}

/** A body as the caller announced it: its length, or `null` when it is not said. */
export interface CallerBody {
  readonly body: AsyncIterable<Uint8Array> | null;
  readonly bodyBytes: number | null;
}

/**
 * Takes over the caller's body: a small one is read whole, so that the call can be repeated; a large or unmeasured one
 * is streamed once.
 *
 * Throws `LENGTH_MISMATCH` when the caller went away or sent another length than announced, `BODY_TOO_LARGE`; a stream
 * throws them while it is read.
 */
export async function forwardBodyOf(caller: CallerBody, limits: Limits): Promise<ForwardBody> {
  const { body, bodyBytes } = caller;
  if (body === null) return { content: null, repeatable: true };
  if (bodyBytes !== null && bodyBytes <= limits.forwardRepeatBytesMax)
    return { content: await wholeBody(caller, limits.forwardBodyBytesMax), repeatable: true };
  return { content: received(body, limits.forwardBodyBytesMax), repeatable: false };
}

/** The caller's body to its end. Throws `LENGTH_MISMATCH` and `BODY_TOO_LARGE`, the latter unread when it was announced. */
export async function wholeBody({ body, bodyBytes }: CallerBody, bytesMax: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  if (bodyBytes !== null && bodyBytes > bytesMax) throw tooLarge('BODY_TOO_LARGE', bytesMax);
  const chunks: Uint8Array[] = [];
  for await (const chunk of received(body, bytesMax)) chunks.push(chunk);
  const content = concatBytes(chunks);
  if (bodyBytes !== null && content.length !== bodyBytes) throw new Fault('LENGTH_MISMATCH');
  return content;
}

function received(body: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  return counted(fromCaller(body), { bytesMax, code: 'BODY_TOO_LARGE' });
}

/** A body that ends with a fault beyond `bytesMax` bytes. */
export async function* counted(
  body: AsyncIterable<Uint8Array>,
  { bytesMax, code }: { bytesMax: number; code: TooLarge },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(code, bytesMax);
    yield chunk;
  }
}

type TooLarge = 'BODY_TOO_LARGE' | 'OUTBOUND_RESPONSE_TOO_LARGE';

function tooLarge(code: TooLarge, bytesMax: number): Fault {
  return new Fault(code, { detail: `At most ${bytesMax} bytes.` });
}

async function* fromCaller(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('LENGTH_MISMATCH', { cause });
  }
}
