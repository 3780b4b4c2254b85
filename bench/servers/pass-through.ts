// Rival of call out: the least that a proxy can do. It replaces the credential and streams both ways through undici.
import { createServer } from 'node:https';
import { Pool } from 'undici';
import { listen, serve, type Tls } from './server.ts';

export interface PassThroughSettings {
  readonly tls: Tls;
  readonly ca: string;
  readonly upstream: string;
}

const CONNECTIONS = 128;

serve(async ({ tls, ca, upstream }: PassThroughSettings): Promise<{ https: number }> => {
  const pool = new Pool(upstream, { connections: CONNECTIONS, connect: { ca } });
  const server = createServer(tls, (request, response) => {
    const type = request.headers['content-type'];
    const ofAnswer = (given: string | string[] | undefined): string =>
      typeof given === 'string' ? given : 'application/json';
    pool
      .request({
        path: request.url ?? '/',
        method: request.method === 'GET' ? 'GET' : 'POST',
        headers: {
          authorization: 'Bearer token-of-the-platform',
          ...(type === undefined ? {} : { 'content-type': type }),
        },
        body: request.method === 'GET' ? null : request,
      })
      .then(({ statusCode, headers, body }) => {
        response.writeHead(statusCode, { 'content-type': ofAnswer(headers['content-type']) });
        body.pipe(response);
      })
      .catch(() => response.writeHead(502).end());
  });
  return { https: await listen(server) };
});
