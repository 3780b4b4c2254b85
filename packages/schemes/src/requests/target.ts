import { frozen } from '../frozen.ts';
import { LIMITS } from '../limits.ts';
import type { RequestReason } from './request-reasons.ts';
import type { RequestScheme } from './request-scheme.ts';

/**
 * Why the line of a request can't be signed or verified, or `null`. What is signed is what was received, byte by byte,
 * so only what every reader takes for the same thing is let in: a router that rewrote `/a/%2e%2e/b` would act on
 * another path than the signed one.
 */
export function requestLineRefusal(kind: RequestScheme['kind'], line: RequestLine): RequestReason | null {
  const { method, target } = line;
  if (!/^[A-Z]{1,16}$/.test(method)) return 'method-malformed';
  if (target.length > LIMITS.targetCharactersMax || !TARGETS[kind].test(target)) return 'target-malformed';
  const [path = ''] = target.split('?', 1);
  return AMBIGUOUS.test(path) ? 'target-ambiguous' : null;
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
}

/** A host, or an address in brackets, and a port (RFC 3986 section 3.2 without user information). */
export function isAuthority(authority: string): boolean {
  return authority.length <= LIMITS.authorityCharactersMax && AUTHORITY.test(authority);
}

/**
 * Where target and body follow each other without a separator, one signature would fit every way to cut them. A
 * target holds no `{`, `[`, `"`, space, control character or byte beyond ASCII, so that a body which begins with
 * one of those ends it in one way only; JSON objects and lists do.
 */
export function endsTarget(body: Uint8Array): boolean {
  const [first] = body;
  return first === undefined || !TARGET_CHARACTER.test(String.fromCharCode(first));
}

const TARGETS: Readonly<Record<RequestScheme['kind'], RegExp>> = frozen({
  // The characters of RFC 3986 sections 3.3 and 3.4 alone, so that another one can end the target.
  concatenated: /^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*$/,
  // Visible ASCII without `#` and backslash: browsers and clients leave `[`, `]` and `|` in a query as they are.
  'message-signature': /^\/(?:[\x21\x22\x24\x26-\x5b\x5d-\x7e]|%[0-9A-Fa-f]{2})*$/,
});
const TARGET_CHARACTER = /[A-Za-z0-9._~!$&'()*+,;=:@/?%-]/;
const AMBIGUOUS = /\/\/|%2e|%2f|%5c|%00|\/\.{1,2}(?:\/|$)/i;
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
