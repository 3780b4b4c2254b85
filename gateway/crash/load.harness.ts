// The platform of a crash campaign, as a process of its own: sends signed webhooks at a bounded rate and sends each again
// until it is acknowledged, some twice at once, some once more long after. It remembers what was acknowledged as what.
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from '@sallyport/schemes';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { createChance } from './chance.ts';
import { campaignWebhook } from './webhook.ts';

export interface LoadOptions {
  readonly url: string;
  readonly ca: string;
  readonly seed: string;
  readonly endpoints: readonly { readonly path: string; readonly secret: string }[];
  readonly webhooksPerSecond: number;
  readonly connections: number;
}

export interface LoadResult {
  /** Number of the webhook, and the id it was acknowledged with. */
  readonly acknowledged: readonly (readonly [number: number, event: string])[];
  /** Own events: none. */
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

const RETRY_MS = 40;
const REQUEST_TIMEOUT_MS = 15_000;
/** What was missed while the gateway was away is made up for this far. */
const BURST_SECONDS = 1;
const REFILL_MS = 10;
const VIOLATIONS_MAX = 100;
/** One in so many is sent twice at once; one in so many is followed by an old one. */
const TWICE = 9;
const AGAIN = 5;
const answerShape = z.object({ event: z.string(), duplicate: z.boolean() });

const acknowledged = new Map<number, string>();
const refused: Record<string, number> = {};
const violations: string[] = [];
let requests = 0;
let duplicates = 0;
let broken = 0;
let next = 0;
const finishing = new AbortController();

process.on('disconnect', () => process.exit(0));
process.on('message', (message: { begin: LoadOptions } | 'finish') => {
  if (message === 'finish') finishing.abort();
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
  await Promise.all(Array.from({ length: connections }, worker));
  clearInterval(refill);
  await dispatcher.destroy();
  const result: LoadResult = {
    acknowledged: [...acknowledged],
    own: [],
    requests,
    duplicates,
    broken,
    refused,
    violations,
  };
  process.send?.(result, undefined, undefined, () => process.exit(0));
}

/** Sends one webhook until it is acknowledged. */
async function insist(
  options: LoadOptions & { readonly dispatcher: Agent; readonly number: number },
): Promise<void> {
  const { number, endpoints, url, dispatcher } = options;
  const endpoint = endpoints[number % endpoints.length];
  if (endpoint === undefined) return;
  const { body } = campaignWebhook(options.seed, number);
  const { headers: signature } = sign({
    scheme: 'koywe',
    secrets: [Buffer.from(endpoint.secret)],
    body,
    nowMs: Date.now(),
  });
  const headers = { 'content-type': 'application/json', ...Object.fromEntries(signature) };
  for (;;) {
    requests++;
    const known = acknowledged.has(number);
    try {
      const answer = await request(url + endpoint.path, {
        method: 'POST',
        dispatcher,
        headers,
        body,
        headersTimeout: REQUEST_TIMEOUT_MS,
        bodyTimeout: REQUEST_TIMEOUT_MS,
      });
      const text = await answer.body.text();
      if (answer.statusCode === 200) {
        note(number, { ...answerShape.parse(JSON.parse(text)), known });
        return;
      }
      const status = `${answer.statusCode}${answer.headers['retry-after'] === undefined ? ' without Retry-After' : ''}`;
      refused[status] = (refused[status] ?? 0) + 1;
      if (answer.statusCode !== 503) violate(`webhook ${number} was answered ${answer.statusCode}: ${text}`);
    } catch {
      broken++;
    }
    await delay(RETRY_MS);
  }
}

function note(number: number, answer: { event: string; duplicate: boolean; known: boolean }): void {
  const { event, duplicate, known } = answer;
  if (duplicate) duplicates++;
  const first = acknowledged.get(number);
  if (first !== undefined && first !== event) violate(`webhook ${number} is ${first} and ${event}`);
  if (known && !duplicate) violate(`webhook ${number} was acknowledged before and is no duplicate now`);
  acknowledged.set(number, event);
}

function violate(text: string): void {
  if (violations.length < VIOLATIONS_MAX) violations.push(text);
}
