// Rival of webhook in: the least that a receiver can do. It checks the HMAC and keeps nothing.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer as createPlain, type RequestListener } from 'node:http';
import { createServer as createTls } from 'node:https';
import { listen, serve, type Tls } from './server.ts';

export interface BareSettings {
  readonly tls: Tls;
  readonly secret: string;
}

export interface BarePorts {
  readonly http: number;
  readonly https: number;
}

serve(async ({ tls, secret }: BareSettings): Promise<BarePorts> => {
  const onRequest: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const expected = createHmac('sha256', secret).update(Buffer.concat(chunks)).digest();
      const given = Buffer.from(String(request.headers['koywe-signature']), 'hex');
      const authentic = given.length === expected.length && timingSafeEqual(given, expected);
      response.writeHead(authentic ? 200 : 401, { 'content-type': 'application/json' });
      response.end(authentic ? '{"received":true}' : '{"received":false}');
    });
  };
  return { http: await listen(createPlain(onRequest)), https: await listen(createTls(tls, onRequest)) };
});
