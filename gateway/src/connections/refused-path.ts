import { pathReadings, segmentsOf } from './path-readings.ts';

/**
 * Tells whether a path falls under one of the prefixes in any of its readings. Throws `AMBIGUOUS_PATH`.
 *
 * @example isRefusedPath('/api;v=1/V1/%61uth/sign-in?x', ['/api/v1/auth']); // true
 */
export function isRefusedPath(target: string, prefixes: readonly string[]): boolean {
  const readings = pathReadings(target);
  return prefixes.some((prefix) => {
    const refused = segmentsOf(prefix);
    return readings.some((path) => refused.every((segment, at) => path[at] === segment));
  });
}
