// The platform of a held load, as a process of its own: sends webhooks at a rate whatever becomes of them (an open loop, so that a slow
// gateway shows as lateness and not as fewer requests), and each again until it is acknowledged.
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from '@sallyport/schemes';
import { Agent, request } from 'undici';
import { heldBody } from './bodies.ts';
import { createLatencies, type Latencies, type LatencySummary } from './latencies.ts';

export interface PlatformTarget {
  readonly url: string;
  readonly ca: string;
  readonly path: string;
  readonly secret: string;
}

export type PlatformOrder =
  | { readonly begin: PlatformTarget }
  /** From now on so many a second; `null`: as many as are acknowledged, with 64 under way. */
  | { readonly phase: number; readonly rate: number | null }
  | { readonly ask: 'counts' | 'acknowledged' };

export interface PlatformCounts {
  readonly sent: number;
  readonly acknowledged: number;
  readonly underWay: number;
  readonly broken: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly duplicates: number;
  /** From when it was due to be sent to its acknowledgement, by phase. */
  readonly latencies: Readonly<Record<number, LatencySummary>>;
}

const CLOSED_UNDER_WAY = 64;
const CONNECTIONS = 256;
/** Beyond it webhooks are sent later than they were due, and count as that late. */
const UNDER_WAY_MAX = 4_096;
const TICK_MS = 4;
const RETRY_MS = 250;
const TIMEOUT_MS = 30_000;

const acknowledged = new Set<number>();
const latencies = new Map<number, Latencies>();
const refused: Record<string, number> = {};
let target: (PlatformTarget & { readonly dispatcher: Agent }) | null = null;
let phase = 0;
let rate: number | null = 0;
let fromMs = 0;
let sentInPhase = 0;
let next = 0;
let underWay = 0;
let broken = 0;
let duplicates = 0;

process.on('disconnect', () => process.exit(0));
process.on('message', (order: PlatformOrder) => {
  if ('begin' in order) {
    const { ca } = order.begin;
    const dispatcher = new Agent({ connect: { ca }, connections: CONNECTIONS, pipelining: 1 });
    target = { ...order.begin, dispatcher };
    setInterval(tick, TICK_MS);
  } else if ('phase' in order) {
    ({ phase, rate } = order);
    fromMs = nowMs();
    sentInPhase = 0;
  } else if (order.ask === 'counts') process.send?.({ counts: countsNow() });
  else process.send?.({ acknowledged: [...acknowledged] });
});

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function countsNow(): PlatformCounts {
  return {
    sent: next,
    acknowledged: acknowledged.size,
    underWay,
    broken,
    refused,
    duplicates,
    latencies: Object.fromEntries([...latencies].map(([at, one]) => [at, one.summary()])),
  };
}

function tick(): void {
  if (rate === null) {
    while (underWay < CLOSED_UNDER_WAY) begin(nowMs());
    return;
  }
  const due = Math.floor(((nowMs() - fromMs) * rate) / 1_000);
  while (sentInPhase < due && underWay < UNDER_WAY_MAX) begin(fromMs + ((sentInPhase + 1) * 1_000) / rate);
}

function begin(dueMs: number): void {
  sentInPhase += 1;
  underWay += 1;
  void insist(next++, dueMs, phase).finally(() => {
    underWay -= 1;
    if (rate === null) tick();
  });
}

async function insist(number: number, dueMs: number, inPhase: number): Promise<void> {
  if (target === null) return;
  const { url, path, secret, dispatcher } = target;
  const body = heldBody({ number, dueMs: Math.round(dueMs * 100) / 100, phase: inPhase });
  const signature = sign({ scheme: 'koywe', secrets: [Buffer.from(secret)], body, nowMs: 0 });
  const headers = { 'content-type': 'application/json', ...Object.fromEntries(signature.headers) };
  const options = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
  for (;;) {
    try {
      const answer = await request(url + path, { method: 'POST', dispatcher, headers, body, ...options });
      const text = await answer.body.text();
      if (answer.statusCode === 200) {
        if (text.includes('"duplicate":true')) duplicates += 1;
        acknowledged.add(number);
        const found = latencies.get(inPhase) ?? createLatencies();
        found.add(nowMs() - dueMs);
        latencies.set(inPhase, found);
        return;
      }
      refused[answer.statusCode] = (refused[answer.statusCode] ?? 0) + 1;
    } catch {
      broken += 1;
    }
    await delay(RETRY_MS);
  }
}
