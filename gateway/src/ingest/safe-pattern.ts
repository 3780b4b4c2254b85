/** A literal or an escape, or a class of characters. No groups, no alternatives, no look-around, no back-references. */
const ATOM =
  /^(?:[^\\^$.*+?()[\]{}|]|\.|\\[dDwWsS.*+?()[\]{}|^$\\/-]|\[\^?(?:[^\\[\]]|\\[dDwWsS\][\\^-])+\])/;
const FIXED = /^\{(\d{1,3})\}/;
const VARIABLE = /^(?:[*+]|\{\d{1,3},(?:\d{1,3})?\})/;
const PATTERN_CHARACTERS_MAX = 200;
const OPTIONAL_MAX = 4;

/**
 * How many characters a pattern of the safe kind may look at from one place of a text, or `null` for one that is not of it: what
 * it is tried on times this is the most that it takes.
 *
 * @example patternSteps('^ord_[0-9a-z]{8}$'); // 12
 */
export function patternSteps(pattern: string): number | null {
  if (pattern.length > PATTERN_CHARACTERS_MAX || !pattern.startsWith('^')) return null;
  let rest = pattern.slice(1);
  let variable = 0;
  let optional = 0;
  let steps = 0;
  while (rest !== '' && rest !== '$') {
    const atom = ATOM.exec(rest)?.[0];
    if (atom === undefined) return null;
    rest = rest.slice(atom.length);
    const fixed = FIXED.exec(rest);
    const quantifier = fixed?.[0] ?? VARIABLE.exec(rest)?.[0] ?? (rest.startsWith('?') ? '?' : '');
    if (quantifier === '?') optional += 1;
    else if (quantifier !== '' && fixed === null) variable += 1;
    steps += fixed === null ? 1 : Number(fixed[1]);
    rest = rest.slice(quantifier.length);
  }
  return variable <= 1 && optional <= OPTIONAL_MAX && compiles(pattern) ? steps : null;
}

/**
 * Whether a regular expression takes time linear in what it is tried on, whatever that is: it begins with `^`, has no groups
 * and no alternatives, one part at most that repeats a variable number of times, and four at most that may be missing.
 * What more would say is better said with `enum` or `anyOf`.
 *
 * @example isSafePattern('^ord_[0-9a-z]+$'); // true
 * @example isSafePattern('(a+)+$'); // false
 */
export function isSafePattern(pattern: string): boolean {
  return patternSteps(pattern) !== null;
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').source !== '';
  } catch {
    return false;
  }
}
