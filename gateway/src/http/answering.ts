import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Fault, type Log, toFault } from '#base';
import { hasBody } from './body.ts';
import type { Limiter } from './limiter.ts';
import { ALWAYS, problemAnswer, sendProblem } from './problem-answer.ts';
import type { Received, ReceivedOf } from './received.ts';

/** What every answer has, whichever way it leaves. */
export interface Answering {
  /** Sets the header fields of every answer. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  /** A small JSON answer, whole and in one write. `body` is ASCII. */
  json(request: IncomingMessage, response: ServerResponse, body: string): void;
  /** Answers with a fault; where the answer has begun already, ends the connection instead. Never throws. */
  fail(exchange: Exchanged, thrown: unknown): void;
  /** A line in the log about a request that was not answered as its caller wished. */
  note(fault: Fault, request: Received, route: string): void;
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
const JSON_TYPE = 'application/json; charset=utf-8';
const ALWAYS_FLAT = Object.freeze(ALWAYS_FIELDS.flat());

/** Makes it. */
export function createAnswering({ received, limiter, log }: AnsweringPorts): Answering {
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
    if (fault.status === 503) log.warn('request put off', { ...facts, status: fault.status });
    else if (fault.status >= 500) log.error('request failed', { ...facts, error: fault.cause ?? fault });
    else log.info('request refused', { ...facts, status: fault.status });
  };

  return {
    begin,
    note,
    json(request, response, body) {
      // The fields in one list: set one by one they cost as much as parsing the request (5 % of a webhook's garbage).
      const fields = [...ALWAYS_FLAT, 'x-request-id', received(request).request];
      const rates = limiter.headersOf(request);
      if (rates !== null) for (const name in rates) fields.push(name, rates[name] ?? '');
      fields.push('content-type', JSON_TYPE, 'content-length', String(body.length));
      closeUnlessRead(request, response);
      response.writeHead(200, fields).end(body);
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
