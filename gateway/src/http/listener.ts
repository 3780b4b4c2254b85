import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { type Clock, Fault, type Limits, newId } from '#base';
import { awaitInvitation, failBody, hasBody } from './body.ts';
import type { ShownCertificates } from './client-certificate.ts';
import type { ConnectionCap } from './connection-cap.ts';
import { createExchanges } from './exchanges.ts';
import { endGently } from './linger.ts';
import type { Plain } from './plain.ts';
import { problemAnswer, problemBytes, sendProblem } from './problem-answer.ts';
import { createSockets } from './sockets.ts';
import { type ClientCertificates, type TlsMaterial, tlsOptions } from './tls.ts';

export interface ListenerOptions {
  readonly tls: TlsMaterial;
  readonly clientCertificates: ClientCertificates;
  readonly certificates: ShownCertificates;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly cap: ConnectionCap;
  /** Answers connections without TLS. */
  readonly plain: Plain;
  /** Called for one request at a time of each connection. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** A request that could not be understood was refused. */
  readonly onRefused: (fault: Fault, requestId: string) => void;
}

/** The HTTPS socket of a node, with limits on everything that comes before a request is understood. */
export interface Listener {
  start(listen: { host: string; port: number }): Promise<{ host: string; port: number }>;
  /** Closes what is idle, lets requests under way finish within `shutdownTimeoutMs`, then closes all. */
  stop(): Promise<void>;
  /** Shows another certificate from the next handshake on; connections go on. */
  show(tls: TlsMaterial): void;
  readonly isStopping: boolean;
}

const CHECK_INTERVAL_MS = 1_000;

/** Makes a listener. */
export function createListener(options: ListenerOptions): Listener {
  const { limits, clock, cap, plain, clientCertificates, certificates, onRequest, onRefused } = options;
  const exchanges = createExchanges();
  const server = createServer({
    ...tlsOptions(options.tls),
    requestCert: clientCertificates !== 'off',
    rejectUnauthorized: clientCertificates === 'required',
    handshakeTimeout: limits.handshakeTimeoutMs,
    maxHeaderSize: limits.headersBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    insecureHTTPParser: false,
    requireHostHeader: false, // looked at by `admit`, which answers with a problem
  });
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = 0; // Node would drop the rest silently; `admit` counts them and refuses
  // Nothing of ours takes longer, so a connection this quiet has a reader that doesn't read.
  server.timeout =
    limits.requestTimeoutMs + Math.max(limits.outboundTotalTimeoutMs, limits.pullWaitSecondsMax * 1_000);
  const sockets = createSockets({ server, handshakeTimeoutMs: limits.handshakeTimeoutMs, cap, plain });
  let isStopping = false;

  /** Answers on a bare connection, after what is still to be answered there. */
  const refuse = (socket: Socket, fault: Fault): void => {
    const id = newId('request', clock);
    onRefused(fault, id);
    exchanges.finally(socket, () => {
      if (socket.writable) endGently(socket, problemBytes({ answer: problemAnswer(fault, id), clock }));
      else if (!socket.writableEnded) socket.destroy(); // else its end is under way
    });
  };

  const take = (request: IncomingMessage, response: ServerResponse): void => {
    closeAfterUnread(request, response);
    const refuse = (): void => {
      const fault = new Fault('BUSY', {
        detail: 'Too many requests wait on this connection.',
        retryAfterSeconds: 1,
      });
      const id = newId('request', clock);
      onRefused(fault, id);
      response.setHeader('connection', 'close');
      sendProblem(response, problemAnswer(fault, id));
    };
    exchanges.enter({ request, response, run: () => onRequest(request, response), refuse });
  };

  // Before Node's own listener reads from it.
  server.prependListener('secureConnection', (socket) => {
    if (!certificates.takes(socket)) socket.destroy();
  });
  server.on('request', take);
  server.on('checkContinue', (request, response) => {
    awaitInvitation(request, () => response.writeContinue());
    take(request, response);
  });
  server.on('checkExpectation', take); // `admit` refuses it
  server.on('connect', (_request: IncomingMessage, socket: Socket) =>
    refuse(socket, new Fault('METHOD_NOT_ALLOWED')),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (socket.writableEnded) return; // its end is under way
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const fault = faultOf(error.code);
    const last = exchanges.last(socket);
    // In the middle of a body: whoever reads it gives the answer, and the connection ends with it.
    if (last !== null && !last.request.complete) {
      exchanges.finally(socket, () => endGently(socket, ''));
      failBody(last.request, fault);
    } else refuse(socket, fault);
  });

  return {
    async start({ host, port }) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen({ host, port, backlog: 1_024 }, resolve);
      await promise;
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('the listener has no port');
      return { host: address.address, port: address.port };
    },
    async stop() {
      isStopping = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      sockets.closeSilent();
      for (const socket of sockets.secure()) {
        if (exchanges.last(socket) === null) socket.destroy();
        else exchanges.finally(socket, () => endGently(socket, ''));
      }
      const force = setTimeout(() => sockets.closeAll(), limits.shutdownTimeoutMs);
      await promise;
      clearTimeout(force);
    },
    show: (tls) => server.setSecureContext(tlsOptions(tls)),
    get isStopping() {
      return isStopping;
    },
  };
}

/** An answer that leaves before the body was read ends the connection: the rest would be taken for the next request. */
function closeAfterUnread(request: IncomingMessage, response: ServerResponse): void {
  if (!hasBody(request)) return;
  const { socket } = request;
  // Before Node's own listener, which ends the connection at once.
  response.prependOnceListener('finish', () => {
    if (!request.complete) socket.destroySoon = () => endGently(socket, '', request);
  });
}

function faultOf(code: string | undefined): Fault {
  if (code === 'HPE_HEADER_OVERFLOW') return new Fault('HEADERS_TOO_LARGE');
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new Fault('BODY_TOO_LARGE');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Fault('TIMED_OUT');
  return new Fault('INVALID_REQUEST', { detail: 'It is not HTTP/1.1.' });
}
