import { sign } from '@sallyport/schemes';
import { type Clock, Fault, type Limits, type Log, type StoredEvent, toFault } from '#base';
import type { Outbound, OutboundAnswer } from '#outbound';
import type { DestinationInUse } from './destinations.ts';

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
}

export interface AttemptPorts {
  readonly outbound: Outbound;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Sends one event to one destination: the body byte for byte, signed afresh (Standard Webhooks) under the event's id,
 * so that a late retry still verifies. Never throws: every way to fail is a result.
 */
export async function attempt(
  { outbound, limits, clock, log }: AttemptPorts,
  { event, destination }: { event: StoredEvent; destination: DestinationInUse },
): Promise<AttemptResult> {
  const startedAtMs = clock.now();
  const from = clock.monotonic();
  const result = (
    rest: Pick<AttemptResult, 'ok' | 'status' | 'reason' | 'retryAfter' | 'address'>,
  ): AttemptResult => ({
    startedAtMs,
    durationMs: Math.round(clock.monotonic() - from),
    ...rest,
  });
  try {
    const { body, id, platform, contentType } = event;
    const { headers: signature } = sign({
      scheme: 'standard-webhooks',
      secrets: [destination.secret],
      body,
      id,
      nowMs: startedAtMs,
    });
    const answer = await outbound.call({
      origin: destination.origin,
      target: destination.target,
      method: 'POST',
      headers: [
        ['content-type', contentType],
        ['user-agent', 'Sallyport'],
        ['sallyport-platform', platform],
        ...signature,
      ],
      body,
      pool: destination.id,
      timeouts: { headersTimeoutMs: limits.deliveryTimeoutMs, totalTimeoutMs: limits.deliveryTimeoutMs },
    });
    const { status, address } = answer;
    const retryAfter = answer.headers.find(([name]) => name === 'retry-after')?.[1] ?? null;
    await leave(answer, limits.deliveryAnswerBytesMax);
    const ok = status >= 200 && status <= 299;
    return result({ ok, status, reason: ok ? null : `answered ${status}`, retryAfter, address });
  } catch (thrown) {
    if (!(thrown instanceof Fault))
      log.error('an attempt failed in an unknown way', {
        event: event.id,
        destination: destination.id,
        error: thrown,
      });
    return result({ ok: false, status: null, reason: toFault(thrown).code, retryAfter: null, address: null });
  }
}

/** Reads the rest of an answer, up to a limit, so that the connection can serve again. Its status is all that counts. */
async function leave({ body }: OutboundAnswer, bytesMax: number): Promise<void> {
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > bytesMax) return;
    }
  } catch {
    // A receiver that answered and then broke has the event.
  }
}
