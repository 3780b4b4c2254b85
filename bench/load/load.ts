import { monitorEventLoopDelay } from 'node:perf_hooks';
import { quantile } from '../statistics.ts';
import { type Connection, openConnection, type Target } from './connection.ts';
import { createRequests, type Requests } from './requests.ts';

/** One measurement: so many connections for so long, at full load or at a rate. */
export interface LoadOrder {
  readonly target: Target;
  readonly requests: Requests;
  readonly connections: number;
  /** Arrivals per second, whether or not earlier ones have been answered; `null` sends as fast as answers come. */
  readonly perSecond: number | null;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadResult {
  readonly answers: number;
  readonly perSecond: number;
  /** Anything but a 2xx. */
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late the generator itself was, at worst in a hundred times: what it adds to a p99 by itself. */
  readonly ownDelayMs: number;
}

const TICK_MS = 1;

/** Puts a load on a server and measures the answers that arrive after the warm-up. */
export async function load(order: LoadOrder): Promise<LoadResult> {
  const connections = await Promise.all(
    Array.from({ length: order.connections }, () => openConnection(order.target)),
  );
  const next = createRequests(order.requests);
  const latencies: number[] = [];
  let failures = 0;
  const startedAt = performance.now();
  const measureAt = startedAt + order.warmUpMs;
  const endAt = measureAt + order.measureMs;
  const onAnswer = (since: number, status: number): void => {
    const now = performance.now();
    if (now < measureAt || now > endAt) return;
    if (status >= 200 && status < 300) latencies.push(now - since);
    else failures += 1;
  };
  const delay = monitorEventLoopDelay({ resolution: TICK_MS });
  delay.enable();
  if (order.perSecond === null) await saturate({ connections, next, onAnswer, endAt });
  else await arrive({ connections, next, onAnswer, startedAt, endAt, perSecond: order.perSecond });
  delay.disable();
  for (const connection of connections) connection.close();
  const sorted = Float64Array.from(latencies).sort();
  return {
    answers: latencies.length,
    perSecond: (latencies.length / order.measureMs) * 1_000,
    failures,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    ownDelayMs: delay.percentile(99) / 1e6 - TICK_MS,
  };
}

interface Sending {
  readonly connections: readonly Connection[];
  readonly next: () => Uint8Array;
  readonly onAnswer: (since: number, status: number) => void;
  readonly endAt: number;
}

/** Every connection sends its next request as soon as it has its answer. */
async function saturate({ connections, next, onAnswer, endAt }: Sending): Promise<void> {
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise<void>((resolve) => {
          const again = (): void => {
            const since = performance.now();
            if (since > endAt) return resolve();
            connection.send(next(), (status) => {
              onAnswer(since, status);
              if (status === 0) resolve();
              else again();
            });
          };
          again();
        }),
    ),
  );
}

/** Requests arrive at a rate; one that finds no free connection waits, and its wait counts. */
async function arrive(options: Sending & { startedAt: number; perSecond: number }): Promise<void> {
  const { connections, next, onAnswer, startedAt, endAt, perSecond } = options;
  const free = [...connections];
  const waiting: number[] = [];
  let arrived = 0;
  const begin = (connection: Connection, since: number): void => {
    connection.send(next(), (status) => {
      onAnswer(since, status);
      const due = waiting.shift();
      if (status === 0) return;
      if (due === undefined) free.push(connection);
      else begin(connection, due);
    });
  };
  await new Promise<void>((resolve) => {
    const tick = setInterval(() => {
      const now = performance.now();
      if (now > endAt) {
        clearInterval(tick);
        resolve();
        return;
      }
      for (const due = ((now - startedAt) / 1_000) * perSecond; arrived < due; arrived += 1) {
        const connection = free.pop();
        if (connection === undefined) waiting.push(now);
        else begin(connection, now);
      }
    }, TICK_MS);
  });
}
