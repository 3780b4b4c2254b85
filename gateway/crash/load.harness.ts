// The platform and the application of a crash campaign, as a process of its own: sends signed webhooks and own events at a bounded rate
// and sends each again until it is acknowledged, some twice at once, some once more long after. It remembers what was acknowledged as
// what. Beside it, an application pulls.
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from '@sallyport/schemes';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { createChance } from './chance.ts';
import { consume } from './consumer.harness.ts';
import { campaignOwnEvent, campaignWebhook } from './webhook.ts';

export interface LoadOptions {
  readonly url: string;
  readonly ca: string;
  readonly seed: string;
  /** Where to: an endpoint with its secret, the application's key, and the destination that it pulls from. */
  readonly endpoints: readonly {
    readonly path: string;
    readonly secret: string;
    readonly key: string;
    readonly pull: string;
  }[];
  readonly webhooksPerSecond: number;
  readonly connections: number;
}

export interface LoadResult {
  /** Number of the webhook, and the id it was acknowledged with. */
  readonly acknowledged: readonly (readonly [number: number, event: string])[];
  /** The same of own events. */
  readonly own: readonly (readonly [number: number, event: string])[];
  readonly requests: number;
  readonly duplicates: number;
  /** Connections refused, reset, timed out: what a killed gateway looks like from outside. */
  readonly broken: number;
  /** How often each other status was answered. */
  readonly refused: Readonly<Record<string, number>>;
  /** What must never happen. */
  readonly violations: readonly string[];
}

/** What was pulled, and what must never happen; told last. */
export interface PullResult {
  /** By event, the digest of its body; of all places together. */
  readonly events: readonly (readonly [event: string, digest: string])[];
  readonly pulls: number;
  readonly givenAgain: number;
  readonly acknowledged: number;
  readonly violations: readonly string[];
}

const RETRY_MS = 40;
const REQUEST_TIMEOUT_MS = 15_000;
/** What was missed while the gateway was away is made up for this far. */
const BURST_SECONDS = 1;
const REFILL_MS = 10;
const VIOLATIONS_MAX = 100;
/** One in so many is sent twice at once; one in so many is followed by an old one. */
const TWICE = 9;
const AGAIN = 5;
/** One in so many is an own event instead of a webhook. */
const OWN = 4;
const answerShape = z.object({ event: z.string(), duplicate: z.boolean() });

const acknowledged = new Map<number, string>();
const own = new Map<number, string>();
const refused: Record<string, number> = {};
const violations: string[] = [];
let requests = 0;
let duplicates = 0;
let broken = 0;
let next = 0;
const finishing = new AbortController();
const ending = new AbortController();

process.on('disconnect', () => process.exit(0));
process.on('message', (message: { begin: LoadOptions } | 'finish' | 'end') => {
  if (message === 'finish') finishing.abort();
  else if (message === 'end') ending.abort();
  else void run(message.begin);
});

async function run(options: LoadOptions): Promise<void> {
  const { ca, connections, webhooksPerSecond } = options;
  const dispatcher = new Agent({ connect: { ca }, connections, pipelining: 1 });
  const chance = createChance(`${options.seed}/load`);
  let permits = 0;
  const refill = setInterval(() => {
    permits = Math.min(permits + (webhooksPerSecond * REFILL_MS) / 1_000, webhooksPerSecond * BURST_SECONDS);
  }, REFILL_MS);
  const worker = async (): Promise<void> => {
    while (!finishing.signal.aborted) {
      if (permits < 1) {
        await delay(REFILL_MS);
        continue;
      }
      permits -= 1;
      const number = next++;
      const send = (): Promise<void> => insist({ ...options, dispatcher, number });
      await (number % TWICE === 0 ? Promise.all([send(), send()]) : send());
      if (number % AGAIN === 0) {
        await insist({ ...options, dispatcher, number: Math.floor(chance() * (number + 1)) });
      }
    }
  };
  const consuming = pullAll(options, dispatcher);
  await Promise.all(Array.from({ length: connections }, worker));
  clearInterval(refill);
  const load: LoadResult = {
    acknowledged: [...acknowledged],
    own: [...own],
    requests,
    duplicates,
    broken,
    refused,
    violations: violations.splice(0),
  };
  process.send?.({ load });
  const pull = await consuming;
  await dispatcher.destroy();
  process.send?.({ pull }, undefined, undefined, () => process.exit(0));
}

/** Pulls at every place, until the end. */
async function pullAll({ url, seed, endpoints }: LoadOptions, dispatcher: Agent): Promise<PullResult> {
  const all = await Promise.all(
    endpoints.map(({ pull: destination, key }) =>
      consume({
        url,
        dispatcher,
        destination,
        key,
        chance: createChance(`${seed}/pull/${destination}`),
        isOver: () => ending.signal.aborted,
        violate,
      }),
    ),
  );
  const sum = (of: (one: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  return {
    events: all.flatMap(({ events }) => [...events]),
    pulls: sum(({ pulls }) => pulls),
    givenAgain: sum(({ givenAgain }) => givenAgain),
    acknowledged: sum((one) => one.acknowledged),
    violations,
  };
}

/** Sends one webhook, or own event, until it is acknowledged. */
async function insist(
  options: LoadOptions & { readonly dispatcher: Agent; readonly number: number },
): Promise<void> {
  const { number, endpoints, url, dispatcher } = options;
  const endpoint = endpoints[number % endpoints.length];
  if (endpoint === undefined) return;
  const isOwn = Math.floor(number / endpoints.length) % OWN === 1;
  const { path, headers, body } = isOwn
    ? ownSending(options, { number, key: endpoint.key })
    : webhookSending(options, { number, endpoint });
  const known = isOwn ? own : acknowledged;
  for (;;) {
    requests++;
    const wasKnown = known.has(number);
    try {
      const answer = await request(url + path, {
        method: 'POST',
        dispatcher,
        headers,
        body,
        headersTimeout: REQUEST_TIMEOUT_MS,
        bodyTimeout: REQUEST_TIMEOUT_MS,
      });
      const text = await answer.body.text();
      if (answer.statusCode === 200) {
        note(known, number, { ...answerShape.parse(JSON.parse(text)), wasKnown });
        return;
      }
      const status = `${answer.statusCode}${answer.headers['retry-after'] === undefined ? ' without Retry-After' : ''}`;
      refused[status] = (refused[status] ?? 0) + 1;
      if (answer.statusCode !== 503) violate(`${path} ${number} was answered ${answer.statusCode}: ${text}`);
    } catch {
      broken++;
    }
    await delay(RETRY_MS);
  }
}

interface Sending {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

function webhookSending(
  { seed }: LoadOptions,
  { number, endpoint }: { number: number; endpoint: LoadOptions['endpoints'][number] },
): Sending {
  const { body } = campaignWebhook(seed, number);
  const { headers } = sign({
    scheme: 'koywe',
    secrets: [Buffer.from(endpoint.secret)],
    body,
    nowMs: Date.now(),
  });
  return {
    path: endpoint.path,
    headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
    body,
  };
}

function ownSending({ seed }: LoadOptions, { number, key }: { number: number; key: string }): Sending {
  const { body, requestKey } = campaignOwnEvent(seed, number);
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${key}`,
    'idempotency-key': requestKey,
  };
  return { path: '/v1/events', headers, body };
}

function note(
  known: Map<number, string>,
  number: number,
  answer: { event: string; duplicate: boolean; wasKnown: boolean },
): void {
  const { event, duplicate, wasKnown } = answer;
  if (duplicate) duplicates++;
  const first = known.get(number);
  if (first !== undefined && first !== event) violate(`${number} is ${first} and ${event}`);
  if (wasKnown && !duplicate) violate(`${number} was acknowledged before and is no duplicate now`);
  known.set(number, event);
}

function violate(text: string): void {
  if (violations.length < VIOLATIONS_MAX) violations.push(text);
}
