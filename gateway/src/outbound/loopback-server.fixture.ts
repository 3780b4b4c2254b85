// For the tests of this room: real HTTPS servers on loopback, and a way out that trusts their authority.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as NetServer, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { type Authority, createAuthority, issueCertificate } from '@sallyport/sandbox';
import { Fault, type FaultCode, type Limits, limitsWith, silentLog, systemClock } from '#base';
import type { Outbound, OutboundCall } from './call.ts';
import { createOutbound, type OutboundOptions } from './outbound.ts';

/** The authority of the test file; one for the process, since keys cost time. */
export const authority: Authority = await createAuthority({ name: 'Loopback test authority' });
const leaf = await issueCertificate(authority, {
  names: ['localhost', 'platform.test', 'other.test', '127.0.0.1', '::1'],
});

/** A server of a test, with every socket it ever accepted. */
export interface LoopbackServer {
  readonly port: number;
  /** `https://platform.test:<port>`. */
  readonly origin: string;
  /** Those open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** How many were ever accepted. */
  accepted(): number;
  /** Resolves when no socket is open. */
  drained(): Promise<void>;
}

/** An HTTPS server that answers with `handler`. */
export function serve(
  t: TestContext,
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  options: TlsOptions = {},
): Promise<LoopbackServer> {
  const server = createHttpsServer({ ...leaf, ...options, keepAliveTimeout: 0 }, (request, response) => {
    // Its rejection is not handled, so that it fails the test.
    void handler(request, response);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  return listening(t, server);
}

/** A TLS server that plays a script on the naked connection. */
export function serveRaw(
  t: TestContext,
  script: (socket: TLSSocket) => void,
  options: TlsOptions = {},
): Promise<LoopbackServer> {
  const server = createTlsServer({ ...leaf, ...options }, (socket) => {
    socket.on('error', () => undefined);
    script(socket);
  });
  server.on('tlsClientError', () => undefined);
  return listening(t, server);
}

/** Listens on loopback, and closes everything when the test ends. */
export async function listening(
  t: TestContext,
  server: NetServer,
  host = '127.0.0.1',
): Promise<LoopbackServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let onDrained: (() => void) | null = null;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) onDrained?.();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  const { port } = address;
  return {
    port,
    origin: `https://platform.test:${port}`,
    sockets,
    accepted: () => accepted,
    drained: () => (sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => (onDrained = resolve))),
  };
}

/** A way out for a test: names ending in `.test` are on loopback and declared. */
export function openOutbound(
  t: TestContext,
  options: Partial<OutboundOptions> & { limit?: Partial<Limits> } = {},
): Outbound {
  const { limit, ...rest } = options;
  const outbound = createOutbound({
    declaredHosts: ['platform.test', 'other.test', 'localhost', '127.0.0.1', '[::1]'],
    ca: authority.cert,
    resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    limits: limitsWith({ shutdownTimeoutMs: 100, ...limit }),
    clock: systemClock,
    log: silentLog,
    ...rest,
  });
  t.after(() => outbound.close());
  return outbound;
}

/** A call with everything a test does not care about. */
export function callOf(origin: string, call: Partial<OutboundCall> = {}): OutboundCall {
  return { origin, target: '/', method: 'GET', headers: [], body: null, pool: 'con_test', ...call };
}

/** The fault a promise rejects with; anything else fails the test. */
export async function faultOf(promise: Promise<unknown>, code: FaultCode): Promise<Fault> {
  const error = await promise.then(
    () => new Error(`resolved in place of ${code}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Fault) || error.code !== code) throw new Error(`expected ${code}`, { cause: error });
  return error;
}

/** The text of an answer's body. */
export async function textOf(answer: { bytes(max: number): Promise<Uint8Array> }): Promise<string> {
  return Buffer.from(await answer.bytes(1 << 20)).toString('utf8');
}
