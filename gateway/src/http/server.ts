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
import { closeUnlessRead, createAnswering } from './answering.ts';
import { createByteBudget } from './byte-budget.ts';
import { registerChallenges } from './challenges.ts';
import { createClientAddress } from './client-address.ts';
import { createShownCertificates } from './client-certificate.ts';
import { createDoor } from './door.ts';
import { createEntrance, type Listen, type ListenerTls, type Listening } from './entrance.ts';
import { registerExport } from './export.ts';
import { registerHealth } from './health.ts';
import { createHooks, HOOKS } from './hooks.ts';
import { createLimiter } from './limiter.ts';
import { createOut, METHODS_FORWARDED } from './out.ts';
import { problemAnswer, sendProblem } from './problem-answer.ts';
import { createReceived } from './received.ts';
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
  const answering = createAnswering({ received: received.of, limiter, log });
  const rooms = {
    ...ports,
    answering,
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
    const path = url.replace(/:(\w+)/g, '{$1}');
    for (const one of [method].flat()) addresses.add({ method: one, path });
  });
  // With a callback: an async hook costs every answer turns of the microtask queue.
  app.addHook('onSend', (request, reply, payload, done) => {
    answering.begin(request.raw, reply.raw);
    done(null, payload);
  });
  app.setErrorHandler(async (thrown, request, reply) => {
    const fault = asFault(thrown);
    answering.note(fault, received.of(request.raw), request.routeOptions.url ?? '');
    // What was set for another answer does not belong to this one.
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    const { status, headers, body } = problemAnswer(fault, received.of(request.raw).request);
    // As bytes: to a text Fastify would add a charset, which this type doesn't have (RFC 9457 section 7.1).
    return reply.code(status).headers(headers).send(Buffer.from(body));
  });
  registerHealth(app, ports.health);
  const takeWebhook = createHooks(rooms);
  addresses.add({ method: 'POST', path: `${HOOKS}{endpoint}` });
  registerChallenges(app, rooms);
  const passOn = createOut(rooms);
  for (const method of METHODS_FORWARDED) addresses.add({ method, path: `${FORWARDED}{connection}/{path}` });
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
        if (request.method === 'POST' && target.path.startsWith(HOOKS)) return takeWebhook(request, response);
        if (target.path.startsWith(FORWARDED)) return passOn(request, response);
        // The router gets no query.
        request.url = target.path;
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
    answering.note(fault, facts, '');
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
