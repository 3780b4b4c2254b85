import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent, type Usage, watchUsage } from '../child.ts';

/** What every server of the bench is asked: to start with its settings, and what it has used. */
export type ServerQuestion<Settings> = { readonly start: Settings } | 'usage';

export interface Tls {
  readonly key: string;
  readonly cert: string;
}

/** Runs a server in this process, under the parent's orders. */
export function serve<Settings, Started>(start: (settings: Settings) => Promise<Started>): void {
  const usage = watchUsage();
  answerParent<ServerQuestion<Settings>, Started | Usage>(async (question) =>
    question === 'usage' ? usage() : start(question.start),
  );
}

/** Listens on the loopback address; the port. Connections stay open between requests, as they do at ours. */
export async function listen(server: Server): Promise<number> {
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) =>
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 }, resolve),
  );
  return (server.address() as AddressInfo).port;
}
