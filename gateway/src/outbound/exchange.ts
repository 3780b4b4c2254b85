import type { Dispatcher } from 'undici';
import { Fault, type FaultCode, toFault } from '#base';
import { AnswerBody } from './answer-body.ts';
import { OUTBOUND_BOUNDS } from './bounds.ts';
import type { HeaderField, OutboundTimeouts } from './call.ts';
import { type Connection, StaleConnection } from './connection.ts';
import { type CallPhase, detailOf, isProtocolError, markUnsent, wireFault } from './faults.ts';
import { answerHeaders, isStreamed } from './request.ts';
import { RequestBody } from './request-body.ts';

/** A call, checked and ready to be sent. */
export interface PreparedCall {
  readonly host: string;
  readonly target: string;
  readonly method: string;
  readonly headers: string[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly timeouts: OutboundTimeouts;
  readonly responseBytesMax: number;
  readonly signal: AbortSignal | null;
  /** Called with the connection once its answer is complete and it can serve another call. */
  readonly release: (connection: Connection) => void;
}

/** The head of an answer, and its body as it arrives. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly body: AnswerBody;
  /** The announced length of the body, or `null`. */
  readonly announcedBytes: number | null;
  readonly address: string;
}

/**
 * One request and its answer on one connection, with its time limits and its end.
 *
 * It ends once: complete, or with a fault. A fault closes the connection, lets the body's source go and tells whether
 * anything may have been sent.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: PreparedCall;
  readonly #totalTimer: NodeJS.Timeout;
  #phaseTimer: NodeJS.Timeout | null = null;
  #phase: CallPhase = 'queue';
  #done = false;
  #fault: Fault | null = null;
  #sent = false;
  #connection: Connection | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #head: PromiseWithResolvers<AnswerHead | null> | null = null;
  #body: AnswerBody | null = null;
  #requestBody: RequestBody | null = null;
  #informational = 0;
  #receivedBytes = 0;
  #cancelWait: ((fault: Fault) => void) | null = null;

  constructor(call: PreparedCall) {
    this.#call = call;
    this.#totalTimer = setTimeout(() => this.#onTotalTimeout(), call.timeouts.totalTimeoutMs);
    call.signal?.addEventListener('abort', this.#onAbort);
    if (call.signal?.aborted === true) this.#onAbort();
  }

  /** Waits for a connection; the exchange's own end cancels the wait. */
  async await(waiting: { connection: Promise<Connection>; cancel(fault: Fault): void }): Promise<Connection> {
    this.#cancelWait = (fault) => waiting.cancel(fault);
    if (this.#fault !== null) waiting.cancel(this.#fault);
    const connection = await waiting.connection;
    this.#cancelWait = null;
    if (this.#fault === null) return connection;
    connection.socket.destroy();
    throw this.#fault;
  }

  /** Sends the request; gives the answer's head, or `null` when the connection was closed before anything was written. */
  run(connection: Connection): Promise<AnswerHead | null> {
    if (this.#fault !== null) {
      this.#call.release(connection);
      return Promise.reject(this.#fault);
    }
    const { target, method, headers, body, timeouts } = this.#call;
    this.#connection = connection;
    this.#phase = 'request';
    this.#head = Promise.withResolvers();
    this.#startTimer(timeouts.headersTimeoutMs);
    connection.client.dispatch({ path: target, method, headers, body: this.#bodyToSend(body) }, this);
    return this.#head.promise;
  }

  /** Ends the call with a fault. */
  fail(fault: Fault): void {
    if (this.#done) return;
    this.#fault = this.#sent ? fault : markUnsent(fault);
    this.#settle();
    this.#connection?.socket.destroy();
    this.#cancelWait?.(fault);
    if (this.#body !== null) this.#body.fail(fault);
    else this.#head?.reject(fault);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#done) return controller.abort(new Error('ended'));
    this.#controller = controller;
    if (this.#requestBody === null) this.#sent = true;
  }

  onRequestSent(): void {
    if (this.#phase === 'request') this.#phase = 'headers';
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#done) return;
    if (status < 200) {
      // 102 to 199; undici itself takes a 100 or a 101 that nobody asked for as a broken protocol.
      this.#informational += 1;
      if (this.#informational > OUTBOUND_BOUNDS.informationalMax)
        this.#failWith('OUTBOUND_RESPONSE_INVALID', 'too many 1xx answers');
      return;
    }
    // RFC 9110 section 15: no status is higher, and what passes one on must not stumble over it later.
    if (status > 599) return this.#failWith('OUTBOUND_RESPONSE_INVALID', 'a status that HTTP does not have');
    this.#phase = 'body';
    const raw = controller.rawHeaders;
    const headers = Array.isArray(raw) ? answerHeaders(raw) : [];
    const announcedBytes =
      this.#call.method === 'HEAD' || status === 204 || status === 304 ? null : announced(headers);
    if (announcedBytes !== null && announcedBytes > this.#call.responseBytesMax) return this.#failTooLarge();
    this.#startTimer(this.#call.timeouts.bodyTimeoutMs);
    this.#body = new AnswerBody({
      onFull: () => this.#pause(),
      onDrained: () => this.#resume(),
      onAbandoned: () => this.fail(this.#faultOf('OUTBOUND_CANCELLED', 'the answer was given up')),
    });
    this.#head?.resolve({
      status,
      headers,
      body: this.#body,
      announcedBytes,
      address: this.#connection?.address ?? '',
    });
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#done) return;
    this.#receivedBytes += piece.length;
    if (this.#receivedBytes > this.#call.responseBytesMax) return this.#failTooLarge();
    this.#phaseTimer?.refresh();
    this.#body?.push(piece);
  }

  onResponseEnd(): void {
    if (this.#done) return;
    // The rest of what came with this piece is parsed before this microtask runs: bytes after the end of the answer
    // have closed the socket with an error by then.
    queueMicrotask(() => this.#complete());
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#done) return;
    if (error instanceof StaleConnection && !this.#sent) {
      this.#stopTimer();
      this.#phase = 'queue';
      this.#connection = null;
      this.#head?.resolve(null);
      return;
    }
    // A parser error that did not itself close the socket came from a socket closed in mid-message.
    const socket = this.#connection?.socket;
    const ended = socket?.readableEnded === true || socket?.errored !== error;
    this.fail(
      error instanceof Fault ? error : wireFault(error, { host: this.#call.host, phase: this.#phase, ended }),
    );
  }

  #complete(): void {
    const connection = this.#connection;
    if (this.#done || connection === null) return;
    if (isProtocolError(connection.socket.errored)) {
      return this.#failWith('OUTBOUND_BROKEN', 'more bytes than the answer announced');
    }
    this.#settle();
    this.#body?.end();
    this.#call.release(connection);
  }

  /** Ends timers, listeners and the body's source; afterwards nothing happens any more. */
  #settle(): void {
    this.#done = true;
    clearTimeout(this.#totalTimer);
    this.#stopTimer();
    this.#call.signal?.removeEventListener('abort', this.#onAbort);
    this.#requestBody?.stop();
  }

  #bodyToSend(body: PreparedCall['body']): Uint8Array | RequestBody | null {
    if (!isStreamed(body)) return body;
    this.#requestBody ??= new RequestBody(body, {
      // Once the answer has begun, the timer is its body's.
      onWaitForSource: () => {
        if (this.#body === null) this.#stopTimer();
      },
      onWrite: () => {
        this.#sent = true;
        if (this.#body === null) this.#startTimer(this.#call.timeouts.headersTimeoutMs);
      },
      onSourceFailed: (error) => this.fail(this.#sourceFault(error)),
    });
    return this.#requestBody;
  }

  /** A fault of the source is the call's; anything else cancels it. */
  #sourceFault(error: unknown): Fault {
    if (error instanceof Fault) return error;
    return new Fault('OUTBOUND_CANCELLED', {
      detail: detailOf('the request body could not be read', { host: this.#call.host, phase: 'request' }),
      cause: toFault(error).cause,
    });
  }

  #pause(): void {
    this.#stopTimer();
    this.#controller?.pause();
  }

  #resume(): void {
    if (this.#done) return;
    this.#startTimer(this.#call.timeouts.bodyTimeoutMs);
    this.#controller?.resume();
  }

  #startTimer(timeoutMs: number): void {
    this.#stopTimer();
    if (this.#done) return;
    this.#phaseTimer = setTimeout(
      () => this.#failWith('OUTBOUND_TIMEOUT', 'nothing came in time'),
      timeoutMs,
    );
  }

  #stopTimer(): void {
    if (this.#phaseTimer !== null) clearTimeout(this.#phaseTimer);
    this.#phaseTimer = null;
  }

  #onTotalTimeout(): void {
    if (this.#phase === 'queue') return this.fail(this.#busy());
    this.#failWith('OUTBOUND_TIMEOUT', 'the call took too long');
  }

  #busy(): Fault {
    return new Fault('BUSY', {
      detail: detailOf('no connection became free', { host: this.#call.host, phase: 'queue' }),
      retryAfterSeconds: 1,
    });
  }

  readonly #onAbort = (): void => this.#failWith('OUTBOUND_CANCELLED', 'cancelled');

  #failTooLarge(): void {
    this.#failWith('OUTBOUND_RESPONSE_TOO_LARGE', 'a body over the limit');
  }

  #failWith(code: FaultCode, what: string): void {
    if (!this.#done) this.fail(this.#faultOf(code, what));
  }

  #faultOf(code: FaultCode, what: string): Fault {
    return new Fault(code, { detail: detailOf(what, { host: this.#call.host, phase: this.#phase }) });
  }
}

function announced(headers: readonly HeaderField[]): number | null {
  const field = headers.find(([name]) => name === 'content-length');
  return field === undefined ? null : Number(field[1]);
}
