import { Fault } from '#base';

/**
 * Tells whether a path falls under one of the prefixes, as the most lenient server would read it: percent-encoding
 * undone, letter case folded, path parameters (`;x`) and empty ends ignored.
 *
 * Throws `AMBIGUOUS_PATH` for an encoding that isn't UTF-8.
 */
export function isRefusedPath(target: string, prefixes: readonly string[]): boolean {
  const path = segmentsOf(target.split('?', 1)[0] ?? '');
  return prefixes.some((prefix) => segmentsOf(prefix).every((segment, at) => path[at] === segment));
}

function segmentsOf(path: string): readonly string[] {
  try {
    return path
      .split('/')
      .map((segment) => decodeURIComponent(segment).split(';', 1)[0]?.trim().toLowerCase() ?? '')
      .filter((segment) => segment !== '');
  } catch (cause) {
    throw new Fault('AMBIGUOUS_PATH', { cause });
  }
}
