import { Fault } from '#base';

// `..` and `.` segments, doubled slashes, backslashes, and their encoded forms are read differently by proxies,
// routers and platforms: what one hop checks, another would not route. Refused, never normalised.
const AMBIGUOUS = /\/\/|\\|%2e|%2f|%5c|%00|\/\.{1,2}(?:\/|$)|%(?![0-9a-f]{2})/i;
// Visible ASCII without `#`, where some readers end the path.
const ORIGIN_FORM = /^\/[\x21\x22\x24-\x7e]*$/;

export interface RequestTarget {
  readonly path: string;
  /** With its leading `?`, or empty. */
  readonly query: string;
}

/**
 * Splits a raw request target into path and query, as the bytes received; what is routed is what was sent.
 *
 * Throws `AMBIGUOUS_PATH` for a path that two readers could take for different ones, and for any other form than
 * `/path?query` (RFC 9112 section 3.2: absolute, authority and asterisk forms have no use here).
 */
export function parseTarget(raw: string | undefined): RequestTarget {
  const target = raw ?? '';
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark);
  if (!ORIGIN_FORM.test(path) || AMBIGUOUS.test(path) || /[#\x00-\x20\x7f-\uffff]/.test(query)) {
    throw new Fault('AMBIGUOUS_PATH');
  }
  return { path, query };
}
