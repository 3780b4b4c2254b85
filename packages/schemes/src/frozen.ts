/** The same object without a prototype, frozen all the way down, so that no name reaches `Object.prototype`. */
export function frozen<Table extends object>(table: Table): Readonly<Table> {
  for (const value of Object.values(table)) freezeDeep(value);
  Object.setPrototypeOf(table, null);
  return Object.freeze(table);
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeDeep(inner);
}
