import { createServer } from 'node:https';

/** An application that takes every event at once, and counts. */
export interface Application {
  readonly url: string;
  /** Resolves when this many more have come. */
  more(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts one. */
export async function startApplication(tls: { key: string; cert: string }): Promise<Application> {
  let count = 0;
  let waiting: { readonly until: number; readonly done: () => void } | null = null;
  const server = createServer(tls, (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(204).end();
      count += 1;
      if (waiting !== null && count >= waiting.until) waiting.done();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  return {
    url: `https://127.0.0.1:${address.port}/`,
    more: (more) =>
      new Promise((resolve) => {
        waiting = { until: count + more, done: resolve };
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
