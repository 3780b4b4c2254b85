import { isTestSupport, isUpkeep, roomOf } from '../places.ts';
import type { Finding, Rule } from '../rule.ts';

/** A table made by a migration: `create table name`. */
const created =
  /\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(?:sallyport\.)?"?([a-z][a-z0-9_]*[a-z0-9])\b(?!\.)"?/gi;
/** Where SQL names a table. */
const named =
  /\b(?:from|into|update|join|table|only|truncate|references|on|index\s+on|copy|lock)\s+(?:only\s+)?(?:sallyport\.)?"?([a-z][a-z0-9_]*[a-z0-9])"?/gi;
const sql =
  /\b(?:select|insert\s+into|update|delete\s+from|create\s+(?:unique\s+)?(?:table|index|policy)|alter\s+table|truncate|grant|references|copy|lock\s+table)\b/i;

/**
 * A table belongs to one room and is named only in that room's `queries.ts` (or a `<thing>-queries.ts` beside it) and `migrations.ts`. Tests look behind
 * every door: they read rows raw and break tables of other rooms on purpose.
 */
export const tables: Rule = {
  name: 'tables',
  check({ sources }) {
    const owners = new Map<string, string>();
    const gateway = sources.filter(({ path }) => path.startsWith('gateway/src/'));
    for (const { path, strings } of gateway) {
      const room = roomOf(path);
      if (room === undefined || !path.endsWith('/migrations.ts')) continue;
      for (const { text } of strings)
        for (const match of text.matchAll(created)) owners.set(match[1] ?? '', room);
    }
    return sources.flatMap(({ path, strings, lineOf }): readonly Finding[] => {
      const room = roomOf(path);
      if (isUpkeep(path) || isTestSupport(path) || room === 'base') return []; // base has no database: what looks like SQL there is text for a test
      const ownPlace = /\/(?:(?:[a-z-]+-)?queries|migrations)\.ts$/.test(path);
      return strings.flatMap(({ text, offset }) => {
        if (!sql.test(text)) return [];
        return [...text.matchAll(named)].flatMap((match): readonly Finding[] => {
          const table = match[1] ?? '';
          const owner = owners.get(table);
          if (owner === undefined || (owner === room && ownPlace)) return [];
          const what = `the table ${table} belongs to ${owner}`;
          const remedy =
            owner === room ? `move the statement to queries.ts` : `ask ${owner} through its face`;
          return [{ path, line: lineOf(offset + match.index), what, remedy }];
        });
      });
    });
  },
};
