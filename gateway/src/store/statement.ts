import type { Statement } from '#base';

// Postgres cuts longer names silently, so that two statements could share one prepared plan (NAMEDATALEN).
const NAME = /^[a-z][a-z0-9_.-]{2,61}$/;

// Prepared statements are known to a connection by name alone; a name used twice would run the wrong text. This is the
// one piece of module state of the room: it holds names, and is written only while modules load.
const names = new Set<string>();

/**
 * Declares a statement: a name unique in the process, its text with `$1` parameters, and the parser of its rows.
 * Throws a `TypeError` for a name used twice or a text that holds more than one statement.
 *
 * @example const byId = statement('events.by_id', 'select id from events where id = $1', eventRow.parse);
 */
export function statement<Row>(name: string, text: string, row: (row: unknown) => Row): Statement<Row> {
  if (!NAME.test(name))
    throw new TypeError(`statement name ${name}: small letters, digits, "_", ".", "-", at most 62`);
  if (names.has(name)) throw new TypeError(`statement name ${name} is used twice`);
  if (text.includes(';')) throw new TypeError(`statement ${name}: one statement, without a semicolon`);
  names.add(name);
  return Object.freeze({ name, text, row });
}
