import { type ServerResponse, STATUS_CODES } from 'node:http';
import { type Clock, type Fault, PROBLEM_MEDIA_TYPE, problemOf } from '#base';
import { MethodFault } from './admission.ts';

/** Headers of every answer: over TLS only, no guessing of types, kept by nobody on the way. */
export const ALWAYS: Readonly<Record<string, string>> = Object.freeze({
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
});

/** The same for an answer without TLS, where RFC 6797 section 7.2 forbids the first. */
export const IN_CLEAR: Readonly<Record<string, string>> = Object.freeze({
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
});

/** The answer to a fault: an RFC 9457 problem. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes the answer to a fault in the request named. */
export function problemAnswer(fault: Fault, requestId: string, always = ALWAYS): ProblemAnswer {
  const body = JSON.stringify(problemOf(fault, requestId));
  return {
    status: fault.status,
    headers: {
      ...always,
      'content-type': PROBLEM_MEDIA_TYPE,
      'content-length': String(Buffer.byteLength(body)),
      'x-request-id': requestId,
      ...(fault instanceof MethodFault ? { allow: fault.allow } : {}),
      ...(fault.retryAfterSeconds === null ? {} : { 'retry-after': String(fault.retryAfterSeconds) }),
    },
    body,
  };
}

/** Writes it where there is a response. */
export function sendProblem(response: ServerResponse, { status, headers, body }: ProblemAnswer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status).end(body);
}

export interface AnswerBytes {
  readonly answer: ProblemAnswer;
  readonly clock: Clock;
  /** Not after HEAD (RFC 9110 section 9.3.2). */
  readonly hasBody?: boolean;
}

/** Its bytes, for a connection on which no request could be understood; it closes the connection. */
export function problemBytes({ answer, clock, hasBody = true }: AnswerBytes): string {
  const { status, headers } = answer;
  const body = hasBody ? answer.body : '';
  const date = new Date(clock.now()).toUTCString();
  const fields = Object.entries({ ...headers, date, connection: 'close' });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`;
}
