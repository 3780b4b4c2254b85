// The applications of a held load, as a process of their own: `/good` takes everything, `/failing` refuses one request in ten and
// `/hanging` never answers, once the parent says so; until then all three are well. Counts what it took, by the number of the webhook.
import { createServer } from 'node:https';
import { parseHeldBody } from './bodies.ts';
import { createLatencies, type Latencies, type LatencySummary } from './latencies.ts';

export type ApplicationOrder =
  | { readonly begin: { readonly key: string; readonly cert: string } }
  | { readonly ask: 'counts' | 'taken' }
  | { readonly isBad: boolean };

/** What was taken since the start. */
export interface ApplicationCounts {
  readonly taken: Readonly<Record<string, number>>;
  readonly refused: number;
  readonly left: number;
  /** From when a webhook was due at the gateway to its arrival at `/good`, by phase. */
  readonly latencies: Readonly<Record<number, LatencySummary>>;
  /** The same since the counts were last asked for. */
  readonly recent: LatencySummary;
  readonly strange: number;
}

const FAIL_EVERY = 10;

const taken = new Map<string, Map<number, number>>([
  ['/good', new Map()],
  ['/failing', new Map()],
  ['/hanging', new Map()],
]);
const latencies = new Map<number, Latencies>();
let recent = createLatencies();
let isBad = false;
let asked = 0;
let refused = 0;
let left = 0;
let strange = 0;

process.on('disconnect', () => process.exit(0));
process.on('message', (order: ApplicationOrder) => {
  if ('begin' in order) begin(order.begin);
  else if ('isBad' in order) ({ isBad } = order);
  else if (order.ask === 'counts') process.send?.({ counts: countsNow() });
  else process.send?.({ taken: Object.fromEntries([...taken].map(([path, all]) => [path, [...all]])) });
});

function countsNow(): ApplicationCounts {
  const since = recent.summary();
  recent = createLatencies();
  return {
    recent: since,
    taken: Object.fromEntries([...taken].map(([path, all]) => [path, all.size])),
    refused,
    left,
    latencies: Object.fromEntries([...latencies].map(([phase, one]) => [phase, one.summary()])),
    strange,
  };
}

function begin(tls: { key: string; cert: string }): void {
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const path = request.url ?? '';
        const nowMs = performance.timeOrigin + performance.now();
        if (isBad && path === '/hanging') {
          left += 1; // the connection stays, and nothing is said on it
          return;
        }
        if (isBad && path === '/failing' && (asked += 1) % FAIL_EVERY === 0) {
          refused += 1;
          response.writeHead(503).end();
          return;
        }
        take(path, Buffer.concat(chunks), nowMs);
        response.writeHead(204).end();
      });
    response.on('error', () => undefined);
  });
  server.requestTimeout = 0;
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
  });
}

function take(path: string, body: Buffer, nowMs: number): void {
  const webhook = parseHeldBody(body);
  const all = taken.get(path);
  if (webhook === null || all === undefined) {
    strange += 1;
    return;
  }
  const { number, dueMs, phase } = webhook;
  const times = all.get(number) ?? 0;
  all.set(number, times + 1);
  if (path !== '/good' || times > 0) return;
  const found = latencies.get(phase) ?? createLatencies();
  found.add(nowMs - dueMs);
  latencies.set(phase, found);
  recent.add(nowMs - dueMs);
}
