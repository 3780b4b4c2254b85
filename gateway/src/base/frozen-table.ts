/**
 * The rows as a frozen table without a prototype, so that a name from outside finds a row or nothing.
 *
 * @example const SIZES = frozenTable({ small: 1, large: 2 }); // SIZES['constructor'] is undefined
 */
export function frozenTable<Rows extends object>(rows: Rows): Readonly<Rows> {
  const table = { ...rows };
  Object.setPrototypeOf(table, null);
  return Object.freeze(table);
}
