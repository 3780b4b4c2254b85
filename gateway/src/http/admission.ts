import type { IncomingMessage } from 'node:http';
import { Fault, type Limits } from '#base';
import type { Addresses } from './addresses.ts';
import { parseTarget, type RequestTarget } from './path.ts';

/** What is forwarded keeps the platform's own path; every other address is ours. */
export const FORWARDED = '/out/';

// Our own credentials anywhere in an address: every hop would log them (K11).
const OWN_CREDENTIAL = /s(?:k_(?:test|live|admin)|at|es|gk)_syp_/i;

export interface Admission {
  readonly message: IncomingMessage;
  readonly addresses: Addresses;
  readonly limits: Limits;
  /** Throws for who may not be at a path at all. */
  readonly guard: (path: string) => void;
}

/**
 * Looks at a request before anything routes it, so that all who handle it afterwards see the same one: its target as
 * received, its framing beyond doubt, all its headers.
 *
 * Throws `HEADERS_TOO_LARGE`, `INVALID_REQUEST`, `AMBIGUOUS_PATH`, `CREDENTIAL_IN_URL`, what `guard` throws, `NOT_FOUND`,
 * or `METHOD_NOT_ALLOWED` with the methods as its cause.
 */
export function admit({ message, addresses, limits, guard }: Admission): RequestTarget {
  // Node would drop the fields beyond its own limit silently, and with them a repeated or a framing one.
  if (message.rawHeaders.length / 2 > limits.headersCountMax) throw new Fault('HEADERS_TOO_LARGE');
  checkFraming(message);
  const target = parseTarget(message.url);
  if (hasOwnCredential(target.path + target.query)) throw new Fault('CREDENTIAL_IN_URL');
  const { path } = target;
  // Before anything tells what is there.
  guard(path);
  // The router decodes percent-encoding; no address of ours needs any, so what it sees is what was sent.
  if (path.includes('%') && !path.startsWith(FORWARDED)) throw new Fault('NOT_FOUND');
  const methods = addresses.methodsAt(path);
  if (methods.length === 0) throw new Fault('NOT_FOUND');
  if (!methods.includes(message.method ?? '')) throw new MethodFault(methods);
  return target;
}

/** Whether a credential of ours stands in a target, however it is escaped. */
export function hasOwnCredential(target: string): boolean {
  return OWN_CREDENTIAL.test(unescaped(target));
}

/** `METHOD_NOT_ALLOWED`, with what is allowed (RFC 9110 section 15.5.6 demands the Allow header). */
export class MethodFault extends Fault {
  readonly allow: string;

  constructor(methods: readonly string[]) {
    super('METHOD_NOT_ALLOWED');
    this.allow = methods.join(', ');
  }
}

/** RFC 9112 sections 2.3, 3.2 and 6.1: a version that is known, one Host, and `chunked` as the only transfer coding. */
function checkFraming(message: IncomingMessage): void {
  if (message.httpVersion !== '1.1' && message.httpVersion !== '1.0')
    throw new Fault('INVALID_REQUEST', { detail: 'It is not HTTP/1.1.' });
  if (valuesOf(message, 'expect').some((value) => value.toLowerCase() !== '100-continue'))
    throw new Fault('INVALID_REQUEST', { detail: 'It expects what is not offered here.' });
  const hosts = valuesOf(message, 'host').length;
  if (hosts > 1 || (hosts === 0 && message.httpVersion !== '1.0'))
    throw new Fault('INVALID_REQUEST', { detail: 'It needs one Host header.' });
  const codings = valuesOf(message, 'transfer-encoding');
  if (codings.length === 0) return;
  const [coding = ''] = codings;
  const isPlain = codings.length === 1 && coding.toLowerCase() === 'chunked' && message.httpVersion === '1.1';
  if (!isPlain || valuesOf(message, 'content-length').length > 0)
    throw new Fault('INVALID_REQUEST', {
      detail: 'Its body must be measured by a length or come in chunks.',
    });
}

function valuesOf(message: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < message.rawHeaders.length; at += 2)
    if (message.rawHeaders[at]?.toLowerCase() === name) values.push(message.rawHeaders[at + 1] ?? '');
  return values;
}

/** Percent-encoding of ASCII undone once, leniently: only to look for what must not be there. */
function unescaped(text: string): string {
  return text.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
