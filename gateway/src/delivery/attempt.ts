import { SchemeFault } from '@sallyport/schemes';
import {
  type Clock,
  Fault,
  type Limits,
  type Log,
  redactText,
  type StoredEvent,
  sanitizeText,
  toFault,
} from '#base';
import type { HeaderField, Outbound, OutboundAnswer } from '#outbound';
import type { DestinationInUse } from './in-use.ts';
import { signatureFields } from './signing.ts';

/** How one try went. */
export interface AttemptResult {
  readonly ok: boolean;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  /** A fault's code, or what the status means; `null` when it went well. */
  readonly reason: string | null;
  readonly retryAfter: string | null;
  readonly address: string | null;
  /** Fields of the answer by which its sender finds it again. */
  readonly answerHeaders: Readonly<Record<string, string>> | null;
  /** The beginning of the answer, redacted. */
  readonly answerStart: string | null;
}

export interface AttemptPorts {
  readonly outbound: Outbound;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** What of an answer is kept: what says what it is, where it came from, when to come back. Each costs some 7 µs to redact. */
const ANSWER_HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'retry-after',
  'server',
  'request-id',
  'x-request-id',
  'x-correlation-id',
  'x-amzn-requestid',
  'cf-ray',
  'traceparent',
]);
const ANSWER_HEADER_CHARACTERS_MAX = 200;

type Outcome = Omit<AttemptResult, 'startedAtMs' | 'durationMs'>;

/** A result of something that was never sent. */
export function nothingSent(clock: Clock, reason: string): AttemptResult {
  return { ...failed(reason), startedAtMs: clock.now(), durationMs: 0 };
}

/**
 * Sends one event to one destination: the body byte for byte, signed afresh under the event's id, so that a late retry
 * still verifies. Never throws: every way to fail is a result.
 */
export async function attempt(
  ports: AttemptPorts,
  { event, destination }: { event: StoredEvent; destination: DestinationInUse },
): Promise<AttemptResult> {
  const { outbound, limits, clock, log } = ports;
  const startedAtMs = clock.now();
  const from = clock.monotonic();
  const result = (outcome: Outcome): AttemptResult => ({
    startedAtMs,
    durationMs: Math.round(clock.monotonic() - from),
    ...outcome,
  });
  try {
    const timeoutMs = destination.settings.timeoutMs ?? limits.deliveryTimeoutMs;
    const answer = await outbound.call({
      origin: destination.origin,
      target: destination.target,
      method: 'POST',
      headers: fieldsOf(destination, { event, nowMs: startedAtMs }),
      body: event.body,
      pool: destination.id,
      identity: destination.identity,
      timeouts: { headersTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs },
    });
    const { status, address } = answer;
    const retryAfter = answer.headers.find(([name]) => name === 'retry-after')?.[1] ?? null;
    const answerStart = await startOf(answer, limits);
    const ok = status >= 200 && status <= 299;
    const reason = ok ? null : `answered ${status}`;
    const answerHeaders = keptHeaders(answer.headers);
    return result({ ok, status, reason, retryAfter, address, answerHeaders, answerStart });
  } catch (thrown) {
    // What a platform's scheme can't sign, such as a body without the members that it covers.
    if (thrown instanceof SchemeFault) return result(failed(thrown.code));
    if (!(thrown instanceof Fault))
      log.error('an attempt failed in an unknown way', {
        event: event.id,
        destination: destination.id,
        error: thrown,
      });
    return result(failed(toFault(thrown).code));
  }
}

/** Ours first; then those of the destination, then those of the webhook that nothing else named. */
function fieldsOf(
  destination: DestinationInUse,
  { event, nowMs }: { event: StoredEvent; nowMs: number },
): readonly HeaderField[] {
  const fields = new Map<string, string>([
    ['content-type', event.contentType],
    ['user-agent', 'Sallyport'],
    ['sallyport-platform', event.platform],
    ['sallyport-event', event.id],
  ]);
  for (const [name, value] of signatureFields(destination, { event, nowMs })) fields.set(name, value);
  const signed = new Set(fields.keys());
  for (const [name, value] of destination.headers)
    if (name === 'user-agent' || !signed.has(name)) fields.set(name, value);
  for (const [name, value] of event.headers)
    if (destination.settings.passHeaders.includes(name) && !fields.has(name)) fields.set(name, value);
  return [...fields];
}

/** The beginning of an answer, of which some more is read, so that the connection can serve again. */
async function startOf(
  { body }: OutboundAnswer,
  { deliveryAnswerBytesMax, deliveryAnswerKeptBytesMax }: Limits,
): Promise<string | null> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      if (bytes < deliveryAnswerKeptBytesMax)
        kept.push(Uint8Array.from(piece.subarray(0, deliveryAnswerKeptBytesMax - bytes)));
      bytes += piece.length;
      if (bytes > deliveryAnswerBytesMax) break;
    }
  } catch {
    // A receiver that answered and then broke has the event.
  }
  return kept.length === 0
    ? null
    : readable(Buffer.concat(kept).toString('utf8'), deliveryAnswerKeptBytesMax);
}

function keptHeaders(headers: readonly HeaderField[]): Readonly<Record<string, string>> {
  const kept = headers.filter(([name]) => ANSWER_HEADERS.has(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, readable(value, ANSWER_HEADER_CHARACTERS_MAX)]),
  );
}

/** Text of a stranger as it may be kept: no secrets, no personal data, nothing that a terminal or a page would obey. */
function readable(text: string, charactersMax: number): string {
  return sanitizeText(redactText(text), { charactersMax });
}

function failed(reason: string): Outcome {
  return {
    ok: false,
    status: null,
    reason,
    retryAfter: null,
    address: null,
    answerHeaders: null,
    answerStart: null,
  };
}
