import { Fault, type FaultCode, type FaultOptions } from '#base';

const unsent = new WeakSet<Fault>();

/**
 * Whether any byte of the request may have reached the other side: `false` only when provably nothing was written.
 *
 * @example catch (error) { if (!mayHaveBeenSent(error)) return again(); throw error; }
 */
export function mayHaveBeenSent(error: unknown): boolean {
  return !(error instanceof Fault && unsent.has(error));
}

/** Marks a fault as one before which nothing was written. */
export function markUnsent(fault: Fault): Fault {
  unsent.add(fault);
  return fault;
}

/** A fault before which nothing was written. */
export function unsentFault(code: FaultCode, options: FaultOptions): Fault {
  return markUnsent(new Fault(code, options));
}

/** Where a call was when it failed; goes into the detail of the fault. */
export type CallPhase = 'queue' | 'lookup' | 'connect' | 'handshake' | 'request' | 'headers' | 'body';

const PHASES: Readonly<Record<CallPhase, string>> = Object.freeze({
  queue: 'while waiting for a connection',
  lookup: 'while looking up the name',
  connect: 'while connecting',
  handshake: 'during the TLS handshake',
  request: 'while sending the request',
  headers: 'while waiting for the answer',
  body: 'while reading the answer',
});

/** `api.example.com: reset while waiting for the answer.` */
export function detailOf(what: string, at: { host: string; phase: CallPhase }): string {
  return `${at.host}: ${what} ${PHASES[at.phase]}.`;
}

/**
 * The fault for an error of the HTTP client. Its code alone becomes the cause: a parser error carries bytes of the
 * answer. `ended` is whether the other side had closed the connection.
 */
export function wireFault(error: unknown, at: { host: string; phase: CallPhase; ended: boolean }): Fault {
  const code = codeOf(error);
  const { fault, what } = classify(error, { code, ...at });
  return new Fault(fault, { detail: detailOf(what, at), cause: new Error(code) });
}

/** The code of a system, TLS or client error, or its class. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Whether the client could not parse what it received, or received what it had not asked for. */
export function isProtocolError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // "bad response", "bad upgrade": bytes that no request waits for. The client asserts what its parser lets through,
  // such as a status below 100.
  return (
    error.name === 'HTTPParserError' ||
    codeOf(error) === 'ERR_ASSERTION' ||
    (codeOf(error) === 'UND_ERR_SOCKET' && error.message.startsWith('bad '))
  );
}

function classify(
  error: unknown,
  { code, phase, ended }: { code: string; phase: CallPhase; ended: boolean },
): { fault: FaultCode; what: string } {
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return { fault: 'OUTBOUND_RESPONSE_TOO_LARGE', what: 'headers over the limit' };
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
    return { fault: 'LENGTH_MISMATCH', what: 'the body had another length than announced' };
  }
  // An end of the connection in mid-message is reported as a parser error, too.
  if (phase === 'body' && ended) return { fault: 'OUTBOUND_BROKEN', what: 'the answer was cut off' };
  // The client also reports headers it can't parse this way, once they announced a length.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && phase === 'body') {
    return { fault: 'OUTBOUND_BROKEN', what: 'the answer had another length than announced' };
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || isProtocolError(error)) {
    return { fault: 'OUTBOUND_RESPONSE_INVALID', what: `something else than an HTTP answer (${code})` };
  }
  return { fault: 'OUTBOUND_BROKEN', what: `the connection broke (${code})` };
}
