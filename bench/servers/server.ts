import type { Server } from 'node:http';
import { type Profiler, Session } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import { answerParent, type Usage, watchUsage } from '../child.ts';

/** What every server of the bench is asked: to start with its settings, what it has used, and to profile itself. */
export type ServerQuestion<Settings> =
  | { readonly start: Settings }
  | 'usage'
  | 'profile'
  | 'profiled'
  | 'received';
export type ServerAnswer<Started> = Started | Usage | Profiler.Profile | number | null;

export interface Tls {
  readonly key: string;
  readonly cert: string;
}

/** Runs a server in this process, under the parent's orders; `received` counts its requests, where somebody asks. */
export function serve(start: (settings: never) => Promise<unknown>, received: () => number = () => 0): void {
  const usage = watchUsage();
  const inspector = new Session();
  answerParent(async (question: ServerQuestion<never>): Promise<unknown> => {
    if (question === 'usage') return usage();
    if (question === 'received') return received();
    if (question === 'profiled') return (await inspector.post('Profiler.stop')).profile;
    if (question !== 'profile') return start(question.start);
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.start');
    return null;
  });
}

/** Listens on the loopback address; the port. Connections stay open between requests, as they do at ours. */
export async function listen(server: Server): Promise<number> {
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) =>
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 }, resolve),
  );
  return (server.address() as AddressInfo).port;
}
