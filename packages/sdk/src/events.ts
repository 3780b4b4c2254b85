// clock here: a sending that was given no key gets a random one, so that the gateway can tell it from every other.
import { randomUUID } from 'node:crypto';
import type { Answer } from './answer.ts';
import { LIMITS } from './limits.ts';
import { type BuiltRequest, checkedIdempotencyKey, jsonBytes } from './request.ts';
import { sdkError } from './sallyport-error.ts';
import { eventOf, isObject } from './verify-delivery.ts';

/** Webhooks, from an application's side. Everything throws `SallyportError`. */
export interface Events {
  /**
   * Sends a webhook of your own to every destination that takes its type. An object goes out as JSON, bytes (JSON as well) as
   * they are; what a receiver verifies are those bytes. Durable when it resolves. Repeated under the same key it is the same
   * event, and `IDEMPOTENCY_KEY_REUSED` when it has another body; without a key each call is an event of its own.
   *
   * @example await sallyport.events.send({ type: 'invoice.paid', data: { id: 'inv_1' } }, { idempotencyKey: 'invoice-inv_1' });
   */
  send(event: OwnEvent | Uint8Array, options?: SendOptions): Promise<Sent>;
  /**
   * Fetches what a pull destination has, those that have waited longest first. Each is yours for `leaseSeconds`, and is given
   * again when they are over and it is not acknowledged.
   *
   * @example
   * let after: string | undefined;
   * for (;;) {
   *   const { events, batch } = await sallyport.events.pull({ after, waitSeconds: 30 });
   *   for (const event of events) await handle(event);
   *   after = batch ?? undefined; // acknowledged with the next pull
   * }
   */
  pull(options?: PullOptions): Promise<Pulled>;
  /**
   * Says that events are done with, by their deliveries or a whole batch; how many were not before. Can be repeated.
   *
   * @example await sallyport.events.acknowledge({ deliveries: [event.delivery] });
   */
  acknowledge(done: Acknowledgement): Promise<number>;
}

export interface OwnEvent {
  /** Such as `invoice.paid`. */
  readonly type: string;
  readonly [name: string]: unknown;
}

export interface SendOptions {
  /** 8 to 200 visible characters, the same whenever this event is sent again. */
  readonly idempotencyKey?: string | undefined;
}

export interface Sent {
  readonly event: string;
  readonly duplicate: boolean;
}

export interface PullOptions {
  /** `dst_…`; a key that is bound to one destination need not name it. */
  readonly destination?: string | undefined;
  /** The batch of the pull before: acknowledged first. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  /** How long to wait for events while there are none. */
  readonly waitSeconds?: number | undefined;
  readonly leaseSeconds?: number | undefined;
  /** Ends the waiting: throws `SDK_CANCELLED`. What was under way is given again when its lease ends. */
  readonly signal?: AbortSignal | undefined;
}

export interface Pulled {
  /** Names these events together; `null` when there are none. */
  readonly batch: string | null;
  readonly events: readonly PulledEvent[];
}

export interface PulledEvent {
  readonly delivery: string;
  /** The event's id: the same whenever it is given again. */
  readonly id: string;
  readonly attempt: number;
  readonly platform: string;
  readonly type: string | null;
  readonly receivedAt: string;
  readonly contentType: string;
  /** Header fields of the webhook that its endpoint keeps, in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The event parsed, or `null` where the bytes are no JSON object. */
  readonly event: Readonly<Record<string, unknown>> | null;
  /** The body as it came in, byte for byte. */
  readonly bytes: Uint8Array;
}

export interface Acknowledgement {
  readonly destination?: string | undefined;
  readonly deliveries?: readonly string[] | undefined;
  readonly batch?: string | undefined;
}

type Exchange = (
  request: BuiltRequest,
  options?: { waitMs?: number; cancel?: AbortSignal | undefined },
) => Promise<Answer>;

const PATH = '/v1/events';

export function createEvents(exchange: Exchange): Events {
  return Object.freeze({
    async send(event: OwnEvent | Uint8Array, { idempotencyKey = randomUUID() }: SendOptions = {}) {
      const body = event instanceof Uint8Array ? event : jsonBytes(event);
      if (body.length > LIMITS.requestBytesMax) throw sdkError('SDK_BODY_INVALID');
      const headers = { ...JSON_HEADERS, 'idempotency-key': checkedIdempotencyKey(idempotencyKey) };
      const answer = await exchange({ method: 'POST', path: PATH, headers, body });
      const { event: id, duplicate } = objectOf(answer);
      if (typeof id !== 'string' || typeof duplicate !== 'boolean') throw malformed(answer);
      return { event: id, duplicate };
    },

    async pull({ destination, after, limit, waitSeconds = 0, leaseSeconds, signal }: PullOptions = {}) {
      const wait = waitSeconds === 0 ? undefined : waitSeconds;
      const query = queryOf({ destination, after, limit, wait, lease: leaseSeconds });
      const request: BuiltRequest = { method: 'GET', path: PATH + query, headers: ACCEPT, body: null };
      const answer = await exchange(request, { waitMs: Math.min(waitSeconds, 60) * 1_000, cancel: signal });
      const { batch, events } = objectOf(answer);
      if ((batch !== null && typeof batch !== 'string') || !Array.isArray(events)) throw malformed(answer);
      return { batch, events: events.map((item: unknown) => pulledOf(item) ?? fail(answer)) };
    },

    async acknowledge({ destination, deliveries, batch }: Acknowledgement) {
      const body = jsonBytes({ deliveries, batch });
      const path = `${PATH}/acknowledge${queryOf({ destination })}`;
      const answer = await exchange({ method: 'POST', path, headers: JSON_HEADERS, body });
      const { acknowledged } = objectOf(answer);
      if (typeof acknowledged !== 'number') throw malformed(answer);
      return acknowledged;
    },
  });
}

const ACCEPT = Object.freeze({ accept: 'application/json' });
const JSON_HEADERS = Object.freeze({ ...ACCEPT, 'content-type': 'application/json' });

function queryOf(parts: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** The gateway refuses with a problem, which was thrown before; anything else that is not its answer is not from it. */
function objectOf(answer: Answer): Record<string, unknown> {
  return answer.status === 200 && isObject(answer.body) ? answer.body : fail(answer);
}

function pulledOf(item: unknown): PulledEvent | null {
  if (!isObject(item)) return null;
  const { delivery, event: id, attempt, platform, type, receivedAt, contentType, headers, body } = item;
  const isWhole =
    typeof delivery === 'string' &&
    typeof id === 'string' &&
    typeof attempt === 'number' &&
    typeof platform === 'string' &&
    (type === null || typeof type === 'string') &&
    typeof receivedAt === 'string' &&
    typeof contentType === 'string' &&
    isPairs(headers) &&
    typeof body === 'string';
  if (!isWhole) return null;
  const bytes = new Uint8Array(Buffer.from(body, 'base64'));
  return {
    delivery,
    id,
    attempt,
    platform,
    type,
    receivedAt,
    contentType,
    headers,
    event: eventOf(bytes),
    bytes,
  };
}

function isPairs(value: unknown): value is [string, string][] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string'),
    )
  );
}

function fail(answer: Answer): never {
  throw malformed(answer);
}

function malformed({ status }: Answer): Error {
  return sdkError('SDK_RESPONSE_MALFORMED', status);
}
