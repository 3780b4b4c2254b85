import { visible } from './terminal.ts';

/**
 * Rows as aligned columns with a heading; the text that stands for no rows otherwise.
 *
 * @example table({ columns: ['ID', 'NAME'], rows: [['key_1', 'first']], none: 'No keys.' })
 */
export function table(given: {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly none: string;
}): string {
  if (given.rows.length === 0) return given.none;
  const lines = [given.columns, ...given.rows.map((row) => row.map(visible))];
  const widths = given.columns.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values of one object, a line each. */
export function facts(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}`).join('\n');
}
