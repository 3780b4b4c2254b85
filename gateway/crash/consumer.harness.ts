// node:crypto here: the digest of what is pulled.
import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';

/** What an application that pulls saw. */
export interface Consumed {
  /** Of each event the digest of its body. */
  readonly events: ReadonlyMap<string, string>;
  /** Answers with events, and deliveries that were given more than once. */
  readonly pulls: number;
  readonly givenAgain: number;
  readonly acknowledged: number;
}

export interface ConsumerOptions {
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly destination: string;
  readonly key: string;
  readonly chance: () => number;
  readonly isOver: () => boolean;
  /** What must never happen. */
  readonly violate: (text: string) => void;
}

const LIMIT = 25;
const LEASE_SECONDS = 2;
const RETRY_MS = 40;
const TIMEOUT_MS = 15_000;
const pulled = z.object({
  batch: z.string().nullable(),
  events: z.array(z.object({ delivery: z.string(), event: z.string(), body: z.string() })),
});

/**
 * Pulls until told to end, and acknowledges most of it: by the next pull, by name, or not at all, so that it comes again. A
 * request that a kill broke is sent again. What was acknowledged, and answered so, must never be given again.
 */
export async function consume(options: ConsumerOptions): Promise<Consumed> {
  const { destination, chance, isOver, violate } = options;
  const events = new Map<string, string>();
  const given = new Set<string>();
  const done = new Set<string>();
  let [pulls, givenAgain] = [0, 0];
  let after: { readonly batch: string; readonly deliveries: readonly string[] } | null = null;
  while (!isOver()) {
    const query = `destination=${destination}&limit=${LIMIT}&lease=${LEASE_SECONDS}&wait=1`;
    const text = await insist(options, {
      method: 'GET',
      path: `/v1/events?${query}${after === null ? '' : `&after=${after.batch}`}`,
    });
    if (text === null) break;
    for (const delivery of after?.deliveries ?? []) done.add(delivery);
    after = null;
    const { batch, events: some } = pulled.parse(JSON.parse(text));
    if (batch === null) continue;
    pulls += 1;
    for (const { delivery, event, body } of some) {
      if (done.has(delivery)) violate(`${delivery} was acknowledged and is given again`);
      if (given.has(delivery)) givenAgain += 1;
      given.add(delivery);
      const digest = hash('sha256', Buffer.from(body, 'base64'), 'hex');
      if ((events.get(event) ?? digest) !== digest) violate(`${event} was pulled with two bodies`);
      events.set(event, digest);
    }
    const deliveries = some.map(({ delivery }) => delivery);
    const draw = chance();
    if (draw < 0.5) after = { batch, deliveries };
    else if (draw < 0.85) {
      const body = JSON.stringify({ deliveries });
      const path = `/v1/events/acknowledge?destination=${destination}`;
      if ((await insist(options, { method: 'POST', path, body })) === null) break;
      for (const delivery of deliveries) done.add(delivery);
    }
  }
  return { events, pulls, givenAgain, acknowledged: done.size };
}

/** Sends a request until it is answered 200, or nobody wants to know any more. */
async function insist(
  { url, dispatcher, key, isOver, violate }: ConsumerOptions,
  sending: { method: 'GET' | 'POST'; path: string; body?: string },
): Promise<string | null> {
  const { method, path, body = null } = sending;
  while (!isOver()) {
    try {
      const answer = await request(url + path, {
        method,
        dispatcher,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      const text = await answer.body.text();
      if (answer.statusCode === 200) return text;
      if (answer.statusCode !== 503) violate(`${method} ${path} was answered ${answer.statusCode}: ${text}`);
    } catch {
      // The gateway was killed.
    }
    await delay(RETRY_MS);
  }
  return null;
}
