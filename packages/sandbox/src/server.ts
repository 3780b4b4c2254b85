import * as https from 'node:https';
import Fastify, { type FastifyError, type FastifyRequest } from 'fastify';
import { addControlRoutes, type Control, controlRoot } from './control-routes.ts';
import {
  type DueFault,
  type FaultBook,
  faultHeader,
  isFaultName,
  isRequestFault,
  type RequestFault,
} from './faults.ts';
import { addAuthRoutes, signInPath } from './koywe/auth-routes.ts';
import { addContactRoutes } from './koywe/contact-routes.ts';
import { errorEnvelope, PlatformError, transportEnvelope } from './koywe/errors.ts';
import { addEventRoutes } from './koywe/event-routes.ts';
import { addMerchantRoutes } from './koywe/merchant-routes.ts';
import { addOrderRoutes } from './koywe/order-routes.ts';
import type { Platform, Server } from './koywe/platform.ts';
import { addQuoteRoutes } from './koywe/quote-routes.ts';
import type { ReceivedRequest } from './koywe/records.ts';
import { addWebhookRoutes } from './koywe/webhook-routes.ts';
import { sandboxLimits } from './limits.ts';
import type { SandboxSettings } from './options.ts';
import { performRequestFault, redirectPath } from './request-fault.ts';

export interface ServerNeeds {
  readonly settings: SandboxSettings;
  readonly platform: Platform;
  readonly faults: FaultBook;
  readonly control: Control;
  readonly onRequest: (request: ReceivedRequest) => void;
  readonly onRedirected: () => void;
}

const tlsOptions = Object.freeze({ minVersion: 'TLSv1.2' as const, ALPNProtocols: ['http/1.1'] });
const timeouts = Object.freeze({
  headersTimeout: sandboxLimits.requestHeadersTimeoutMs,
  requestTimeout: sandboxLimits.requestTimeoutMs,
});

/** The HTTPS server with every route: request log, then faults, then authentication, then the platform. */
export function createServer(needs: ServerNeeds): Server {
  const { settings, platform } = needs;
  const server: Server = Fastify({
    serverFactory: (handler) => https.createServer({ ...settings.tls, ...tlsOptions, ...timeouts }, handler),
    bodyLimit: sandboxLimits.requestBodyBytesMax,
    forceCloseConnections: true,
    logger: false,
  });
  acceptEmptyJson(server);
  addErrorHandlers(server);
  addFaults(server, needs);
  server.addHook('onRequest', async (request) => {
    if (request.url.startsWith('/api/v1/') && pathOf(request) !== signInPath) {
      platform.tokens.identify(request.headers.authorization);
    }
  });
  server.all(redirectPath, async () => {
    needs.onRedirected();
    return {};
  });
  for (const add of [addAuthRoutes, addMerchantRoutes, addContactRoutes, addQuoteRoutes])
    add(server, platform);
  for (const add of [addOrderRoutes, addWebhookRoutes, addEventRoutes]) add(server, platform);
  if (settings.control === true) addControlRoutes(server, needs.control);
  return server;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/** The vendor's own rotate-secret sample names JSON and sends no body. */
function acceptEmptyJson(server: Server): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
}

function addErrorHandlers(server: Server): void {
  server.setErrorHandler((error: FastifyError | PlatformError, request, reply) => {
    const envelope =
      error instanceof PlatformError
        ? errorEnvelope(error, request.url)
        : transportEnvelope('statusCode' in error ? (error.statusCode ?? 500) : 500, request.url);
    return reply.code(envelope.statusCode).send(envelope);
  });
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorEnvelope(new PlatformError('NOT_FOUND'), request.url)),
  );
}

function addFaults(server: Server, needs: ServerNeeds): void {
  const { platform, faults } = needs;
  const losing = new WeakSet<FastifyRequest>();

  server.addHook('onRequest', async (request, reply) => {
    if (pathOf(request).startsWith(controlRoot)) return undefined;
    needs.onRequest({ method: request.method, path: request.url, rawHeaders: request.raw.rawHeaders });
    const due = requestedFault(request) ?? faults.takeForRequest(request.method, pathOf(request));
    if (due === undefined) return undefined;
    platform.report({
      event: 'fault.applied',
      fault: due.fault,
      method: request.method,
      path: pathOf(request),
    });
    if (due.fault === 'lost-answer') losing.add(request);
    const { schedule } = platform;
    const answered = await performRequestFault(
      { schedule, secret: () => platform.secret },
      { due, request, reply },
    );
    return answered ? reply : undefined;
  });
  server.addHook('onSend', async (request, _reply, payload) => {
    if (losing.has(request)) request.raw.socket.destroy();
    return payload;
  });
}

/** The fault that the request's own header names; throws on a name that isn't in the table. */
function requestedFault(request: FastifyRequest): DueFault<RequestFault> | undefined {
  const name = request.headers[faultHeader];
  if (name === undefined) return undefined;
  if (typeof name !== 'string' || !isFaultName(name)) {
    throw new PlatformError('VALIDATION_FAILED', `${faultHeader}: unknown fault`);
  }
  return isRequestFault(name) ? { fault: name, delayMs: undefined } : undefined;
}
