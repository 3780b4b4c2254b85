import { Client } from 'pg';
import type { Limits } from '#base';
import { type Address, connectionConfig } from './connection.ts';
import { storeFault } from './failure.ts';
import type { Pulse } from './pulse.ts';

/** A connection of its own, outside the pool, that is asked regularly whether it still lives. */
export interface Dedicated {
  readonly client: Client;
  /** Fires once when the connection is lost or closed. */
  readonly lost: AbortSignal;
  /** Takes leave; of a server that does not take its own within two seconds, without. */
  close(): Promise<void>;
}

/** Between two questions. */
const HEARTBEAT_MS = 5_000;
/** An answer. Together less than the time after which the server gives up a silent client and frees its locks. */
const HEARTBEAT_TIMEOUT_MS = 10_000;

const CLOSE_TIMEOUT_MS = 2_000;

/** Connects as the runtime role; lost when Postgres is silent. Throws `STORE_UNAVAILABLE` and its like. */
export async function connectDedicated(address: Address, limits: Limits, pulse: Pulse): Promise<Dedicated> {
  const client = new Client({
    ...connectionConfig(address, 'runtime', {
      statementTimeoutMs: limits.statementTimeoutMs,
      lockTimeoutMs: limits.lockTimeoutMs,
      connectTimeoutMs: limits.poolWaitTimeoutMs,
    }),
    pipeline: true,
    query_timeout: HEARTBEAT_TIMEOUT_MS,
  });
  const controller = new AbortController();
  client.on('error', () => controller.abort());
  client.on('end', () => controller.abort());
  const cut = (): void => void client.connection.stream.destroy();
  controller.signal.addEventListener('abort', pulse.onSilent(cut), { once: true });
  try {
    await client.connect();
  } catch (error) {
    controller.abort();
    throw storeFault(error);
  }
  const heartbeat = setInterval(() => {
    client.query('select').catch(() => controller.abort());
  }, HEARTBEAT_MS);
  controller.signal.addEventListener('abort', () => clearInterval(heartbeat), { once: true });
  return {
    client,
    lost: controller.signal,
    async close() {
      clearInterval(heartbeat);
      const timer = setTimeout(cut, CLOSE_TIMEOUT_MS);
      await client.end().catch(() => undefined);
      clearTimeout(timer);
    },
  };
}
