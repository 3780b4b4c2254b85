import { Fault, type FaultCode, type Limits, toFault } from '#base';
import type { OutboundAnswer } from '#outbound';
import { unpacked } from './content-encoding.ts';
import { createScrubber, type Scrubber } from './scrub.ts';

export interface ForwardAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Ends when the outcome is in the log, and not before. To be read to its end, or left with `return()`. */
  readonly body: ForwardPieces;
}

/** A body in pieces; `isOver` once the last one was given, so that who writes it can end with it. */
export interface ForwardPieces extends AsyncIterableIterator<Uint8Array> {
  readonly isOver?: boolean;
}

/** How a call ended: well, or with a fault. */
export interface Ending {
  readonly code?: FaultCode;
}

export interface Answering {
  readonly answer: OutboundAnswer;
  /** Names of the headers that pass. */
  readonly responseHeaders: readonly string[];
  /** What is taken out of the answer: every form of the secrets in use. */
  readonly needles: readonly Buffer[];
  /** Writes the outcome down; called once. */
  readonly finish: (ending: Ending) => Promise<void>;
  readonly limits: Limits;
}

/** Statuses that have no body, whatever their headers announce (RFC 9110 section 6.4.1). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** The platform's answer as the caller may see it: allowed headers, no packing, no secret of ours. */
export async function answerOf(answering: Answering): Promise<ForwardAnswer> {
  const { answer, responseHeaders, needles, finish, limits } = answering;
  const { status } = answer;
  const scrubber = createScrubber(needles);
  const headers = answer.headers
    .filter(([name]) => responseHeaders.includes(name))
    .map(([name, value]) => [name, scrubber.text(value)] as const);
  const source = answer.body[Symbol.asyncIterator]();
  const body = { [Symbol.asyncIterator]: () => source };
  const encodings = WITHOUT_BODY.has(status) ? [] : valuesOf(answer, 'content-encoding');
  const gathered = gatheredBytes(answer, limits);
  if (gathered !== null && encodings.length === 0) {
    return {
      status,
      headers,
      body: recorded({ source, body: whole(answer, { scrubber, bytesMax: gathered }), finish }),
    };
  }
  const plain = unpacked(body, { encodings, bytesMax: limits.outboundResponseBytesMax });
  if (plain === null) {
    await answer.discard();
    throw new Fault('OUTBOUND_RESPONSE_INVALID', { detail: 'Its content encoding is not known.' });
  }
  return { status, headers, body: recorded({ source, body: scrubber.stream(plain), finish }) };
}

/** The announced length of a body that is small enough to be gathered, or `null`. */
function gatheredBytes(answer: OutboundAnswer, { forwardGatheredBytesMax }: Limits): number | null {
  const [length, ...more] = valuesOf(answer, 'content-length');
  if (length === undefined || more.length > 0 || !/^\d{1,9}$/.test(length)) return null;
  return Number(length) <= forwardGatheredBytesMax ? Number(length) : null;
}

/**
 * A small body in one piece. Its last byte waits for the outcome in any case, and most answers are small: gathered, one
 * passes a single generator and not four, and leaves in one write.
 */
async function* whole(
  answer: OutboundAnswer,
  { scrubber, bytesMax }: { scrubber: Scrubber; bytesMax: number },
): AsyncGenerator<Uint8Array> {
  const bytes = scrubber.bytes(await answer.bytes(bytesMax));
  if (bytes.length > 0) yield bytes;
}

function valuesOf(answer: OutboundAnswer, name: string): readonly string[] {
  return answer.headers.flatMap((field) => (field[0] === name ? field[1].split(',') : []));
}

interface Recorded {
  /** Where the body comes from; left at once when its reader leaves. */
  readonly source: AsyncIterator<Uint8Array>;
  readonly body: AsyncGenerator<Uint8Array>;
  readonly finish: Answering['finish'];
}

/**
 * The body, its last piece held back until the outcome is in the log: a caller who has the whole answer knows that it
 * is. Not a generator, since one that was never begun wouldn't notice that its reader has left.
 */
function recorded({ source, body, finish }: Recorded): ForwardPieces {
  let held: Uint8Array | null = null;
  let ended: Promise<void> | null = null;
  const end = (ending: Ending): Promise<void> => (ended ??= finish(ending));

  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    for (;;) {
      if (ended !== null) return { done: true, value: undefined };
      const result: IteratorResult<Uint8Array, unknown> = await body.next();
      const before = held;
      held = result.done === true ? null : result.value;
      if (result.done === true) {
        await end({});
        if (before === null) return { done: true, value: undefined };
      }
      if (before !== null) return { done: false, value: before };
    }
  };

  return {
    get isOver() {
      return ended !== null && held === null;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await next();
      } catch (thrown) {
        const fault = toFault(thrown);
        // When it is the log that failed, this fails again: the caller learns the one fault there was.
        await end({ code: fault.code }).catch(() => undefined);
        throw fault;
      }
    },
    async return() {
      held = null;
      // What can't be recorded has been logged; nobody is left to hear of it here.
      const recording = end({ code: 'OUTBOUND_CANCELLED' }).catch(() => undefined);
      await source.return?.();
      await body.return(undefined);
      await recording;
      return { done: true, value: undefined };
    },
  };
}
