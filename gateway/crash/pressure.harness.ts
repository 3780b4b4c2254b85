// Senders that do not wait for each other, as a process of its own: webhooks, own events and calls out leave at their times,
// however long those before them take. It notes how each was answered and after how long. What was not acknowledged is sent again
// at the end, as platforms do.
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from '@sallyport/schemes';
import { Agent, request } from 'undici';
import type { PressureOptions, PressureResult, Tally } from './pressure.ts';
import { campaignOwnEvent, campaignWebhook } from './webhook.ts';

const TICK_MS = 10;
const AGAIN_AT_ONCE = 8;
const AGAIN_AFTER_MS = 200;
/** Longer than any answer may take: who runs into this was left without one. */
const GIVEN_UP_MS = 90_000;

type Kind = 'webhook' | 'own' | 'call';

interface Sending {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

const tallies = new Map<string, { answers: Record<string, number>; slowestMs: number }>();
const stored = { webhook: new Map<number, string>(), own: new Map<number, string>() };
const unstored = { webhook: new Set<number>(), own: new Set<number>() };
const calls = new Map<string, string | null>();
const next = { webhook: 0, own: 0, call: 0 };
const underWay = new Set<Promise<void>>();
let phase = 'before';
let requests = 0;
let duplicates = 0;
let finishing = false;

process.on('disconnect', () => process.exit(0));
process.on('message', (message: { begin: PressureOptions } | { phase: string } | 'finish') => {
  if (message === 'finish') finishing = true;
  else if ('begin' in message) void run(message.begin);
  else {
    phase = message.phase;
    process.send?.({ phase });
  }
});

async function run(options: PressureOptions): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: options.ca, timeout: GIVEN_UP_MS }, pipelining: 1 });
  const due = { webhook: 0, own: 0, call: 0 };
  for (let last = performance.now(); !finishing; await delay(TICK_MS)) {
    const now = performance.now();
    for (const kind of ['webhook', 'own', 'call'] as const) {
      due[kind] = Math.min(due[kind] + ((now - last) / 1_000) * options.perSecond[kind], 20);
      for (; due[kind] >= 1; due[kind] -= 1) {
        const sent = send(options, { dispatcher, kind, number: next[kind]++ });
        underWay.add(sent);
        void sent.finally(() => underWay.delete(sent));
      }
    }
    last = now;
  }
  await Promise.all(underWay);
  for (const kind of ['webhook', 'own'] as const) {
    const left = [...unstored[kind]];
    const again = async (): Promise<void> => {
      for (let number = left.shift(); number !== undefined; number = left.shift()) {
        await send(options, { dispatcher, kind, number });
        if (!unstored[kind].has(number)) continue;
        left.push(number);
        await delay(AGAIN_AFTER_MS);
      }
    };
    await Promise.all(Array.from({ length: AGAIN_AT_ONCE }, again));
  }
  await dispatcher.destroy();
  const result: PressureResult = {
    acknowledged: [...stored.webhook],
    own: [...stored.own],
    calls: [...calls],
    tallies: [...tallies],
    requests,
    duplicates,
  };
  process.send?.({ result }, undefined, undefined, () => process.exit(0));
}

async function send(
  options: PressureOptions,
  { dispatcher, kind, number }: { dispatcher: Agent; kind: Kind; number: number },
): Promise<void> {
  const { path, headers, body } = sendingOf(options, { kind, number });
  if (kind !== 'call') unstored[kind].add(number);
  else calls.set(headers['x-request-id'] ?? '', null);
  requests += 1;
  const sentIn = phase;
  const from = performance.now();
  const label = await request(options.url + path, {
    method: 'POST',
    dispatcher,
    headers,
    body,
    headersTimeout: GIVEN_UP_MS,
    bodyTimeout: GIVEN_UP_MS,
  })
    .then(
      async (answer) => {
        const id = answer.headers['x-request-id'];
        if (kind === 'call' && typeof id === 'string') calls.set(headers['x-request-id'] ?? '', id);
        const text = await answer.body.text();
        if (answer.statusCode === 200 && kind !== 'call') note(kind, number, text);
        return labelOf(answer.statusCode, answer.headers['retry-after'], text);
      },
      () => 'nothing',
    )
    .catch(() => 'broken off');
  const place = sentIn === phase ? sentIn : `${sentIn}, answered ${phase}`;
  const tally = tallies.get(`${kind} ${place}`) ?? { answers: {}, slowestMs: 0 };
  tally.answers[label] = (tally.answers[label] ?? 0) + 1;
  tally.slowestMs = Math.max(tally.slowestMs, Math.round(performance.now() - from));
  tallies.set(`${kind} ${place}`, tally satisfies Tally);
}

function sendingOf(
  { endpoints, seed }: PressureOptions,
  { kind, number }: { kind: Kind; number: number },
): Sending {
  const place = endpoints[number % endpoints.length];
  if (place === undefined) throw new Error('there is nowhere to send to');
  const json = { 'content-type': 'application/json' };
  const authorization = `Bearer ${place.key}`;
  if (kind === 'own') {
    const { body, requestKey } = campaignOwnEvent(seed, number);
    return { path: '/v1/events', headers: { ...json, authorization, 'idempotency-key': requestKey }, body };
  }
  if (kind === 'call') {
    const headers = { ...json, authorization, 'x-request-id': `${phase}-call-${number}` };
    return { path: `${place.out}/api/v1/anything`, headers, body: '{}' };
  }
  const { body } = campaignWebhook(seed, number);
  const { headers } = sign({
    scheme: 'koywe',
    secrets: [Buffer.from(place.secret)],
    body,
    nowMs: Date.now(),
  });
  return { path: place.path, headers: { ...json, ...Object.fromEntries(headers) }, body };
}

function note(kind: 'webhook' | 'own', number: number, text: string): void {
  const { event, duplicate } = JSON.parse(text) as { event: string; duplicate: boolean };
  if (duplicate) duplicates += 1;
  stored[kind].set(number, event);
  unstored[kind].delete(number);
}

function labelOf(status: number, retryAfter: string | string[] | undefined, text: string): string {
  if (status === 200) return '200';
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? 'without a code';
  return `${status} ${code}${retryAfter === undefined ? ' without Retry-After' : ''}`;
}
