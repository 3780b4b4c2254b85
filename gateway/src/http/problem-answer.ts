import { type ServerResponse, STATUS_CODES } from 'node:http';
import { type Fault, PROBLEM_MEDIA_TYPE, problemOf } from '#base';
import { MethodFault } from './admission.ts';

/** Headers of every answer: over TLS only, no guessing of types, kept by nobody on the way. */
export const ALWAYS: Readonly<Record<string, string>> = Object.freeze({
  'strict-transport-security': 'max-age=31536000',
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
export function problemAnswer(fault: Fault, requestId: string): ProblemAnswer {
  const body = JSON.stringify(problemOf(fault, requestId));
  return {
    status: fault.status,
    headers: {
      ...ALWAYS,
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

/** Its bytes, for a connection on which no request could be understood; it closes the connection. */
export function problemBytes({ status, headers, body }: ProblemAnswer): string {
  const fields = Object.entries({ ...headers, connection: 'close' });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`;
}
