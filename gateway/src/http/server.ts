import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Access } from '#access';
import type { Audit } from '#audit';
import { type Clock, Fault, type Limits, type Log, PROBLEM_MEDIA_TYPE, problemOf, toFault } from '#base';
import type { Connections } from '#connections';
import type { Delivery } from '#delivery';
import type { Ingest } from '#ingest';
import { createByteBudget } from './body.ts';
import { contextOf, type RequestContext } from './context.ts';
import { registerExport } from './export.ts';
import { registerHealth } from './health.ts';
import { registerHooks } from './hooks.ts';
import { registerOut } from './out.ts';
import { allRoutes } from './routes.ts';
import { registerRoutes } from './surface.ts';
import { tlsOptions } from './tls.ts';

export interface HttpPorts {
  readonly access: Access;
  readonly audit: Audit;
  readonly connections: Connections;
  readonly ingest: Ingest;
  readonly delivery: Delivery;
  readonly health: () => Promise<unknown>;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: { readonly key: string; readonly cert: string };
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** The listener. `stop` lets open requests finish within `shutdownTimeoutMs`. */
export interface Http {
  start(): Promise<{ host: string; port: number }>;
  stop(): Promise<void>;
}

/** Makes the HTTPS listener with all its surfaces. */
export function createHttp(ports: HttpPorts): Http {
  const { listen, limits, log, clock } = ports;
  const { app, server } = createApp(ports);
  const contexts = new WeakMap<object, RequestContext>();
  const contextFor = (request: FastifyRequest): RequestContext => {
    let context = contexts.get(request.raw);
    if (context === undefined) contexts.set(request.raw, (context = contextOf(request.raw, clock)));
    return context;
  };
  const budget = createByteBudget(limits.webhookInFlightBytesMax);
  const rooms = { ...ports, budget, contextOf: contextFor };

  app.addHook('onSend', async (request, reply, payload) => {
    reply.header('x-request-id', contextFor(request).request);
    reply.header('strict-transport-security', 'max-age=31536000');
    reply.header('x-content-type-options', 'nosniff');
    return payload;
  });
  app.setErrorHandler(async (thrown, request, reply) => {
    const fault = asFault(thrown);
    const { request: id } = contextFor(request);
    const route = request.routeOptions.url ?? '';
    if (fault.status >= 500)
      log.error('request failed', { request: id, route, code: fault.code, error: fault.cause ?? fault });
    else log.info('request refused', { request: id, route, code: fault.code, status: fault.status });
    // A body that was not read to its end would be taken for the next request.
    if (!request.raw.complete) reply.header('connection', 'close');
    if (fault.retryAfterSeconds !== null) reply.header('retry-after', String(fault.retryAfterSeconds));
    return reply
      .code(fault.status)
      .type(PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(problemOf(fault, id)));
  });
  app.setNotFoundHandler(async () => {
    throw new Fault('NOT_FOUND');
  });
  registerHealth(app, ports.health);
  registerHooks(app, rooms);
  registerOut(app, rooms);
  registerExport(app, rooms);
  registerRoutes(app, allRoutes({ ...ports, pageItemsMax: limits.pageItemsMax }), rooms);

  return {
    async start() {
      await app.ready();
      await listening(server, listen);
      const { address, port } = server.address() as AddressInfo;
      return { host: address, port };
    },
    async stop() {
      const force = setTimeout(() => server.closeAllConnections(), limits.shutdownTimeoutMs);
      // Idle connections end at once, the others with the request they are in.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await app.close();
      await closed;
      clearTimeout(force);
    },
  };
}

function createApp({ tls, limits }: HttpPorts): { app: FastifyInstance; server: Server } {
  const server = createServer({
    ...tlsOptions(tls),
    handshakeTimeout: limits.handshakeTimeoutMs,
    maxHeaderSize: limits.headersBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
    insecureHTTPParser: false,
    requireHostHeader: true,
  });
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = limits.headersCountMax;
  // A socket that breaks during the handshake, or sends what is not HTTP, is closed without a word about why.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  const app = Fastify({
    serverFactory: (handler) => server.on('request', handler),
    logger: false,
    bodyLimit: limits.forwardBodyBytesMax,
    exposeHeadRoutes: false,
    return503OnClosing: true,
    forceCloseConnections: false,
    requestIdHeader: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false, caseSensitive: true },
    clientErrorHandler: (error, socket) => {
      if (socket.writable && (error as NodeJS.ErrnoException).code !== 'ECONNRESET')
        socket.end(clientErrorAnswer(error));
      else socket.destroy();
    },
  });
  // Every surface reads its own body under its own limit and content type; Fastify hands over the untouched stream.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  return { app, server };
}

function clientErrorAnswer(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  return `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
}

function asFault(thrown: unknown): Fault {
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  if (thrown instanceof Fault || status === undefined) return toFault(thrown);
  // Fastify's own refusals of a request it could not route or parse.
  if (status === 413) return new Fault('BODY_TOO_LARGE', { cause: thrown });
  if (status === 415) return new Fault('UNSUPPORTED_MEDIA_TYPE', { cause: thrown });
  if (status === 503) return new Fault('BUSY', { cause: thrown, retryAfterSeconds: 1 });
  if (typeof status === 'number' && status < 500) return new Fault('INVALID_REQUEST', { cause: thrown });
  return toFault(thrown);
}

function listening(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
