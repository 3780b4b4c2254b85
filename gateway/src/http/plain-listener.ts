import { createServer, type Socket } from 'node:net';
import type { Limits } from '#base';
import type { ConnectionCap } from './connection-cap.ts';
import type { Plain } from './plain.ts';

/** A port that serves nothing: it tells who comes without TLS where to go. */
export interface PlainListener {
  start(listen: { host: string; port: number }): Promise<number>;
  stop(): Promise<void>;
}

export interface PlainListenerOptions {
  readonly plain: Plain;
  readonly cap: ConnectionCap;
  readonly limits: Pick<Limits, 'headersTimeoutMs'>;
}

/** Nobody stays here for longer than an answer takes. */
const CONNECTIONS_MAX = 1_000;

/** Makes one. */
export function createPlainListener({ plain, cap, limits }: PlainListenerOptions): PlainListener {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (!cap.enter(socket)) return void socket.destroy();
    const timer = setTimeout(() => socket.destroy(), limits.headersTimeoutMs);
    open.add(socket);
    socket.once('close', () => {
      clearTimeout(timer);
      open.delete(socket);
    });
    plain(socket);
  });
  server.maxConnections = CONNECTIONS_MAX;

  return {
    async start({ host, port }) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen({ host, port }, resolve);
      await promise;
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('the listener has no port');
      return address.port;
    },
    async stop() {
      if (!server.listening) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
      await promise;
    },
  };
}
