import type { Limits, Log } from '#base';
import type { Address } from './connection.ts';
import { connectDedicated, type Dedicated } from './dedicated.ts';
import type { Pulse } from './pulse.ts';

export interface Listener {
  listen(channel: string, onNotice: (payload: string) => void): () => void;
  close(): Promise<void>;
}

const CHANNEL = /^[a-z][a-z0-9_]{0,62}$/;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 5_000;

/** Hears NOTIFY on one connection, made when first needed and made again whenever it is lost. */
export function createListener(options: {
  address: Address;
  limits: Limits;
  log: Log;
  pulse: Pulse;
}): Listener {
  const { address, limits, log, pulse } = options;
  const hearers = new Map<string, Set<(payload: string) => void>>();
  let connection: Dedicated | null = null;
  let connecting: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let delayMs = RECONNECT_MIN_MS;
  let closed = false;

  function hear(channel: string, payload: string): void {
    for (const onNotice of hearers.get(channel) ?? []) {
      try {
        onNotice(payload);
      } catch (error) {
        log.error('A hearer of a notice failed.', { name: channel, error });
      }
    }
  }

  function again(): void {
    connection = null;
    if (closed || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      connect();
    }, delayMs);
    delayMs = Math.min(delayMs * 2, RECONNECT_MAX_MS);
  }

  async function attempt(): Promise<void> {
    try {
      const made = await connectDedicated(address, limits, pulse);
      if (closed) return await made.close();
      made.client.on('notification', ({ channel, payload }) => hear(channel, payload ?? ''));
      made.lost.addEventListener('abort', again, { once: true });
      if (made.lost.aborted) return again();
      connection = made;
      await Promise.all([...hearers.keys()].map((channel) => made.client.query(`listen ${channel}`)));
      delayMs = RECONNECT_MIN_MS;
    } catch (error) {
      log.warn('Notices can not be heard; looks at intervals go on.', { error });
      if (connection === null) again();
      else await connection.close(); // and then again
    }
  }

  function connect(): void {
    if (connecting !== null || connection !== null || closed) return;
    connecting = attempt().finally(() => {
      connecting = null;
    });
  }

  /** A channel heard from now on. Before the connection stands this does nothing: it hears all channels when made. */
  function add(channel: string): void {
    const made = connection;
    if (made !== null) made.client.query(`listen ${channel}`).catch(() => made.close());
    else if (timer === null) connect();
  }

  return {
    listen(channel, onNotice) {
      if (!CHANNEL.test(channel)) throw new TypeError(`channel ${channel}`);
      const known = hearers.get(channel);
      if (known !== undefined) known.add(onNotice);
      else {
        hearers.set(channel, new Set([onNotice]));
        add(channel);
      }
      return () => void hearers.get(channel)?.delete(onNotice);
    },
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await connecting;
      await connection?.close();
    },
  };
}
