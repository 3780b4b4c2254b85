import { schemeFault } from './fault.ts';
import { frozen } from './frozen.ts';
import { BODY_ROWS } from './rows/body.ts';
import { DERIVED_ROWS } from './rows/derived.ts';
import { KEYED_ROWS } from './rows/keyed.ts';
import { STANDARD_ROWS } from './rows/standard.ts';
import { TIMED_ROWS } from './rows/timed.ts';
import type { Scheme, SchemeName } from './scheme.ts';

/**
 * Every scheme, by name: a null-prototype object, frozen all the way down.
 *
 * @example
 * SCHEMES['standard-webhooks'].timestamp?.toleranceSeconds; // 300
 */
export const SCHEMES: Readonly<Record<SchemeName, Scheme>> = frozen<Record<SchemeName, Scheme>>({
  ...BODY_ROWS,
  ...TIMED_ROWS,
  ...STANDARD_ROWS,
  ...DERIVED_ROWS,
  ...KEYED_ROWS,
});

/** Whether there is a row of that name. */
export function isSchemeName(name: string): name is SchemeName {
  return Object.hasOwn(SCHEMES, name);
}

/** The row of that name, or the scheme itself; a name that isn't in the table is a fault of the configuration. */
export function schemeOf(scheme: SchemeName | Scheme): Scheme {
  if (typeof scheme !== 'string') return scheme;
  const row: Scheme | undefined = SCHEMES[scheme];
  if (row === undefined) throw schemeFault('SCHEME_UNKNOWN');
  return row;
}
