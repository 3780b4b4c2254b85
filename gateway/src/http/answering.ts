import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Fault, type Log, toFault } from '#base';
import { hasBody } from './body.ts';
import type { Limiter } from './limiter.ts';
import { ALWAYS, problemAnswer, sendProblem } from './problem-answer.ts';
import { createPutOff } from './put-off.ts';
import type { Received, ReceivedOf } from './received.ts';

/** What every answer has, whichever way it leaves. */
export interface Answering {
  /** Sets the header fields of every answer. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  /** A small answer, whole and in one write. */
  whole(request: IncomingMessage, response: ServerResponse, answer: WholeAnswer): void;
  /** Answers with a fault; where the answer has begun already, ends the connection instead. Never throws. */
  fail(exchange: Exchanged, thrown: unknown): void;
  /** A line in the log about a request that was not answered as its caller wished. */
  note(fault: Fault, request: Received, route: string): void;
}

/** An answer that is all there. */
export interface WholeAnswer {
  readonly status: number;
  /** `null` for none. */
  readonly contentType: string | null;
  readonly body: string;
}

/** A request and its answer, and the operation that it came to. */
export interface Exchanged {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: string;
}

export interface AnsweringPorts {
  readonly received: ReceivedOf;
  readonly limiter: Pick<Limiter, 'headersOf'>;
  readonly log: Log;
}

const ALWAYS_FIELDS = Object.freeze(Object.entries(ALWAYS));
const ALWAYS_FLAT = Object.freeze(ALWAYS_FIELDS.flat());

/** Makes it. */
export function createAnswering({ received, limiter, log }: AnsweringPorts): Answering {
  const putOff = createPutOff(log);
  const begin: Answering['begin'] = (request, response) => {
    for (const [name, value] of ALWAYS_FIELDS) response.setHeader(name, value);
    response.setHeader('x-request-id', received(request).request);
    const rates = limiter.headersOf(request);
    if (rates !== null) for (const name in rates) response.setHeader(name, rates[name] ?? '');
    closeUnlessRead(request, response);
  };

  const note: Answering['note'] = (fault, request, route) => {
    const facts = { request: request.request, route, code: fault.code };
    // Full or away is a state, not a defect: a flood must not fill the log with errors.
    if (fault.status === 503) putOff(facts);
    else if (fault.status >= 500) log.error('request failed', { ...facts, error: fault.cause ?? fault });
    else log.info('request refused', { ...facts, status: fault.status });
  };

  return {
    begin,
    note,
    whole(request, response, { status, contentType, body }) {
      // The fields in one list: set one by one they cost as much as parsing the request (5 % of a webhook's garbage).
      const fields = [...ALWAYS_FLAT, 'x-request-id', received(request).request];
      const rates = limiter.headersOf(request);
      if (rates !== null) for (const name in rates) fields.push(name, rates[name] ?? '');
      if (contentType !== null) fields.push('content-type', contentType);
      // No content has no length either (RFC 9110 section 8.6).
      if (status !== 204) fields.push('content-length', String(Buffer.byteLength(body)));
      closeUnlessRead(request, response);
      response.writeHead(status, fields).end(body);
    },
    fail({ request, response, route }, thrown) {
      try {
        const fault = toFault(thrown);
        const facts = received(request);
        note(fault, facts, route);
        if (response.headersSent) return void response.destroy();
        // What was set for another answer, such as a platform's fields, does not belong to this one.
        for (const name of response.getHeaderNames()) response.removeHeader(name);
        begin(request, response);
        sendProblem(response, problemAnswer(fault, facts.request));
      } catch {
        response.destroy();
      }
    },
  };
}

/** An answer that leaves before the body was read is the last of its connection. */
export function closeUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  if (hasBody(request) && !request.complete) response.setHeader('connection', 'close');
}
