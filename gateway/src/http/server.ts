import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Access } from '#access';
import type { Audit } from '#audit';
import { type Clock, createRanges, Fault, type Limits, type Log, toFault } from '#base';
import type { Connections } from '#connections';
import type { Delivery } from '#delivery';
import type { Ingest } from '#ingest';
import type { Attempts, Rates } from '#rates';
import { createAddressGuard } from './address-guard.ts';
import { type Address, createAddresses } from './addresses.ts';
import { admit, FORWARDED } from './admission.ts';
import { hasBody } from './body.ts';
import { createByteBudget } from './byte-budget.ts';
import { registerChallenges } from './challenges.ts';
import { createClientAddress } from './client-address.ts';
import { createShownCertificates } from './client-certificate.ts';
import { createDoor } from './door.ts';
import { createEntrance, type Listen, type ListenerTls, type Listening } from './entrance.ts';
import { registerExport } from './export.ts';
import { registerHealth } from './health.ts';
import { registerHooks } from './hooks.ts';
import { createLimiter } from './limiter.ts';
import { registerOut } from './out.ts';
import { ALWAYS, problemAnswer, sendProblem } from './problem-answer.ts';
import { createReceived, type Received } from './received.ts';
import { allRoutes } from './routes.ts';
import { registerRoutes } from './surface.ts';

export interface HttpPorts {
  readonly access: Access;
  readonly audit: Audit;
  readonly connections: Connections;
  readonly ingest: Ingest;
  readonly delivery: Delivery;
  readonly rates: Rates;
  readonly attempts: Attempts;
  readonly health: () => Promise<unknown>;
  readonly listen: Listen;
  /** How others reach this node; pages are redirected there. By the address it listens on when absent. */
  readonly publicUrl?: string | null;
  readonly tls: ListenerTls;
  /** Proxies whose `X-Forwarded-For` is believed, as ranges. None when absent. */
  readonly trustedProxies?: readonly string[];
  /** From where administration is open, as ranges. From everywhere when absent or empty. */
  readonly adminAddresses?: readonly string[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** The listener. `stop` lets open requests finish within `shutdownTimeoutMs`. */
export interface Http {
  start(): Promise<Listening>;
  stop(): Promise<void>;
  /** Looks at once whether the files of the certificate have changed. */
  reloadCertificate(): void;
  /** Every operation that is served. */
  readonly addresses: readonly Address[];
}

/** Makes the HTTPS listener with all its surfaces. */
export function createHttp(ports: HttpPorts): Http {
  const { limits, log, clock, tls, publicUrl = null, adminAddresses = [] } = ports;
  const trustedProxies = createRanges(ports.trustedProxies ?? []);
  const certificates = createShownCertificates(tls.clientCertificates ?? 'off');
  const received = createReceived({
    clock,
    clientAddressOf: createClientAddress(trustedProxies),
    certificates,
  });
  const guard = createAddressGuard(adminAddresses);
  const addresses = createAddresses();
  const app = createApp(limits);
  const budget = createByteBudget({ bytesMax: limits.webhookInFlightBytesMax, clock });
  const limiter = createLimiter({ ...ports, received: received.of });
  const rooms = {
    ...ports,
    budget,
    received: received.of,
    limiter,
    door: createDoor({
      ...ports,
      received: received.of,
      // Of their own: strangers who announce signed bodies must not crowd out webhooks.
      budget: createByteBudget({ bytesMax: limits.signedInFlightBytesMax, clock }),
      limiter,
      authority: authorityOf(publicUrl),
    }),
  };

  app.addHook('onRoute', ({ method, url }) => {
    const path = url.replace(/:(\w+)/g, '{$1}').replace('/out/*', '/out/{connection}/{path}');
    for (const one of [method].flat()) addresses.add({ method: one, path });
  });
  // With a callback: an async hook costs every answer turns of the microtask queue.
  app.addHook('onSend', (request, reply, payload, done) => {
    for (const [name, value] of Object.entries(ALWAYS)) reply.raw.setHeader(name, value);
    reply.raw.setHeader('x-request-id', received.of(request.raw).request);
    for (const [name, value] of Object.entries(limiter.headersOf(request.raw) ?? {}))
      reply.raw.setHeader(name, value);
    closeUnlessRead(request.raw, reply.raw);
    done(null, payload);
  });
  app.setErrorHandler(async (thrown, request, reply) => {
    const fault = asFault(thrown);
    noteFault(fault, { log, request: received.of(request.raw), route: request.routeOptions.url ?? '' });
    // What was set for another answer, such as a platform's fields, does not belong to this one.
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    const { status, headers, body } = problemAnswer(fault, received.of(request.raw).request);
    // As bytes: to a text Fastify would add a charset, which this type doesn't have (RFC 9457 section 7.1).
    return reply.code(status).headers(headers).send(Buffer.from(body));
  });
  registerHealth(app, ports.health);
  registerHooks(app, rooms);
  registerChallenges(app, rooms);
  registerOut(app, rooms);
  registerExport(app, rooms);
  registerRoutes(app, allRoutes({ ...ports, pageItemsMax: limits.pageItemsMax }), rooms);

  const entrance = createEntrance({
    ...ports,
    publicUrl,
    certificates,
    trustedProxies,
    onRequest(request, response) {
      received.begin(request);
      try {
        if (entrance.isStopping)
          throw new Fault('BUSY', { detail: 'This node is stopping.', retryAfterSeconds: 1 });
        const address = received.locate(request);
        const target = admit({ message: request, addresses, limits, guard: (path) => guard(path, address) });
        received.admitted(request, target);
        // The router gets no query and nothing of a path that is the platform's.
        request.url = target.path.startsWith(FORWARDED) ? `${FORWARDED}*` : target.path;
      } catch (thrown) {
        void refuse(request, response, toFault(thrown));
        return;
      }
      app.routing(request, response);
    },
  });

  /** A request that came to no operation: too many of these, and its address is told so instead. */
  async function refuse(request: IncomingMessage, response: ServerResponse, first: Fault): Promise<void> {
    const counts = first.status < 500 && received.of(request).address !== '';
    const fault = counts ? await limiter.strange(request).then(() => first, toFault) : first;
    const facts = received.of(request);
    noteFault(fault, { log, request: facts, route: '' });
    closeUnlessRead(request, response);
    sendProblem(response, problemAnswer(fault, facts.request));
  }

  return {
    async start() {
      await app.ready();
      return entrance.start();
    },
    async stop() {
      await entrance.stop();
      await app.close();
    },
    reloadCertificate: entrance.reloadCertificate,
    addresses: addresses.list(),
  };
}

/** What callers call this gateway, for what they sign. */
function authorityOf(publicUrl: string | null): string | null {
  return publicUrl === null ? null : (URL.parse(publicUrl)?.host ?? null);
}

/** Fastify routes and answers; the connections are the listener's. */
function createApp(limits: Limits): FastifyInstance {
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    requestIdHeader: false,
    // No path is longer, so that none is refused for it: a parameter that is too long is simply no id.
    routerOptions: {
      maxParamLength: limits.headersBytesMax,
      ignoreTrailingSlash: false,
      caseSensitive: true,
    },
  });
  // Every surface reads its own body under its own limit and content type; Fastify hands over the untouched stream.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  return app;
}

/** An answer that leaves before the body was read is the last of its connection. */
function closeUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  if (hasBody(request) && !request.complete) response.setHeader('connection', 'close');
}

function noteFault(
  fault: Fault,
  { log, request, route }: { log: Log; request: Received; route: string },
): void {
  const facts = { request: request.request, route, code: fault.code };
  // Full or away is a state, not a defect: a flood must not fill the log with errors.
  if (fault.status === 503) log.warn('request put off', { ...facts, status: fault.status });
  else if (fault.status >= 500) log.error('request failed', { ...facts, error: fault.cause ?? fault });
  else log.info('request refused', { ...facts, status: fault.status });
}

function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault || !isFastifyError(thrown)) return toFault(thrown);
  // Fastify's own refusals of a request that it could not parse.
  const { statusCode = 500 } = thrown;
  if (statusCode === 415) return new Fault('UNSUPPORTED_MEDIA_TYPE', { cause: thrown });
  return statusCode < 500 ? new Fault('INVALID_REQUEST', { cause: thrown }) : toFault(thrown);
}

function isFastifyError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('FST_');
}
