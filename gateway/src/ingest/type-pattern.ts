/** An event type, or the beginning of some: `order.paid`, `order.*`, `*`. */
const PATTERN = /^(?:\*|[\x21-\x29\x2b-\x7e]{1,100}\*?)$/;

/** Whether a text is a pattern: visible ASCII, with one `*` at most and that at its end. */
export function isTypePattern(text: string): boolean {
  return PATTERN.test(text);
}

/**
 * Whether an event's type is one of those that a pattern stands for. An event without a type is meant by `*` alone.
 *
 * @example matchesType('order.*', 'order.paid'); // true
 */
export function matchesType(pattern: string, type: string | null): boolean {
  if (pattern === '*') return true;
  if (type === null) return false;
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
