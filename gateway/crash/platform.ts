import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A platform that signs anybody in and takes every call; it remembers the calls by what they say in `x-request-id`. */
export interface Platform {
  readonly url: string;
  readonly credential: { readonly apiKey: string; readonly secret: string };
  /** How often each call has come. */
  readonly calls: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Starts it. */
export async function startPlatform(tls: { key: string; cert: string }): Promise<Platform> {
  const calls = new Map<string, number>();
  const server = createServer(tls, (request, response) => {
    request.resume().on('end', () => {
      const isSignIn = request.url?.startsWith('/api/v1/auth/') === true;
      const call = request.headers['x-request-id'];
      if (!isSignIn && typeof call === 'string') calls.set(call, (calls.get(call) ?? 0) + 1);
      const answer = isSignIn ? { token: 'a-token-of-the-platform' } : { taken: call ?? null };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    credential: { apiKey: 'a-key-of-the-platform', secret: 'a-secret-of-the-platform' },
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
