import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { SallyportError } from '@sallyport/sdk';

/**
 * Serves the routes (`METHOD /path`) over HTTPS on loopback, at `DEMO_PORT` with the key and certificate of
 * `DEMO_TLS_KEY_FILE` and `DEMO_TLS_CERT_FILE`, and says `demo.ready` when it listens. Ends with its parent.
 */
export function serve(routes: Readonly<Record<string, Route>>): void {
  const byName = new Map(Object.entries(routes));
  const tls = { key: fileNamedBy('DEMO_TLS_KEY_FILE'), cert: fileNamedBy('DEMO_TLS_CERT_FILE') };
  const server = createServer({ ...tls, minVersion: 'TLSv1.2' }, (request, response) => {
    // `answer` throws nothing: whatever a route throws is an answer.
    void answer(byName.get(`${request.method} ${request.url}`), request).then(({ status, body }) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  server.on('error', ({ message }) => {
    say({ event: 'demo.failed', message });
    process.exit(1);
  });
  server.listen(Number(setting('DEMO_PORT')), '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : address;
    say({ event: 'demo.ready', url: `https://127.0.0.1:${port}` });
  });
  if (process.channel) process.once('disconnect', () => process.exit());
}

export type Route = (request: Received) => Promise<Reply>;

export interface Received {
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** The text of an environment variable, which must be there. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} must be set`);
  return value;
}

/** The text of the file that an environment variable names. */
export function fileNamedBy(name: string): string {
  return readFileSync(setting(name), 'utf8').trim();
}

/** One JSON line on stdout. */
export function say(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const bodyBytesMax = 1024 * 1024;

async function answer(route: Route | undefined, request: IncomingMessage): Promise<Reply> {
  if (route === undefined) return { status: 404, body: { error: 'not found' } };
  try {
    const body = await readBody(request);
    return body === null
      ? { status: 413, body: { error: 'too large' } }
      : await route({ rawHeaders: request.rawHeaders, body });
  } catch (error) {
    if (!(error instanceof SallyportError)) return { status: 500, body: { error: 'internal' } };
    const { code, message, requestId } = error;
    return { status: 502, body: { error: code, message, requestId } };
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const source: AsyncIterable<unknown> = request;
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('the body did not come as bytes');
    length += chunk.length;
    // What is over the limit is read and dropped: leaving the loop would cut the connection before the 413.
    if (length <= bodyBytesMax) chunks.push(chunk);
  }
  return length > bodyBytesMax ? null : Buffer.concat(chunks);
}
