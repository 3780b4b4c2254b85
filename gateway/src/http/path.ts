import { Fault } from '#base';

// `..` and `.` segments, doubled slashes, backslashes, and their encoded forms are read differently by proxies,
// routers and platforms: what one hop checks, another would not route. Refused, never normalised.
const AMBIGUOUS = /\/\/|\\|%2e|%2f|%5c|%00|\/\.{1,2}(?:\/|$)|%(?![0-9a-f]{2})/i;
const VISIBLE_ASCII = /^\/[\x21-\x7e]*$/;

export interface RequestTarget {
  readonly path: string;
  /** With its leading `?`, or empty. */
  readonly query: string;
}

/**
 * Splits a raw request target into path and query, as the bytes received; what is routed is what was sent.
 *
 * Throws `AMBIGUOUS_PATH` for a path that two readers could take for different ones.
 */
export function parseTarget(raw: string | undefined): RequestTarget {
  const target = raw ?? '';
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark);
  if (!VISIBLE_ASCII.test(path) || AMBIGUOUS.test(path) || /[#\x00-\x20\x7f-\uffff]/.test(query)) {
    throw new Fault('AMBIGUOUS_PATH');
  }
  return { path, query };
}
