import { rooms, roomsAsMarkdown } from '../rooms.ts';
import type { Finding, Rule } from '../rule.ts';

const document = 'ARCHITECTURE.md';
const table = 'tools/tidy/rooms.ts';

/** The table of rooms has no cycle and stands in ARCHITECTURE.md as it is. */
export const roomTable: Rule = {
  name: 'room-table',
  check({ read }) {
    const findings: Finding[] = findCycles(rooms).map((cycle) => ({
      path: table,
      line: 0,
      what: `a circle: ${cycle}`,
      remedy: 'let one of them take the other as an argument',
    }));
    const text = read(document);
    if (text === undefined) {
      return [
        ...findings,
        {
          path: document,
          line: 0,
          what: 'is missing',
          remedy: `write it, with the table of ${table} between its markers`,
        },
      ];
    }
    const shown = /<!-- rooms:start -->\n+([\s\S]*?)\n+<!-- rooms:end -->/.exec(text)?.[1];
    if (shown === undefined) {
      findings.push({
        path: document,
        line: 0,
        what: 'has no <!-- rooms:start --> … <!-- rooms:end -->',
        remedy: 'add the two markers',
      });
    } else if (plain(shown) !== plain(roomsAsMarkdown())) {
      const line = text.slice(0, text.indexOf('<!-- rooms:start -->')).split('\n').length;
      findings.push({
        path: document,
        line,
        what: `does not show the table of ${table}`,
        remedy: `put this between the markers:\n${roomsAsMarkdown()}`,
      });
    }
    return findings;
  },
};

/** Each circle once, as `a → b → a`. */
export function findCycles(table: Readonly<Record<string, readonly string[] | null>>): readonly string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (room: string, path: readonly string[]): void => {
    const at = path.indexOf(room);
    if (at !== -1) cycles.push([...path.slice(at), room].join(' → '));
    if (at !== -1 || done.has(room)) return;
    for (const next of (Object.hasOwn(table, room) ? table[room] : null) ?? []) visit(next, [...path, room]);
    done.add(room);
  };
  for (const room of Object.keys(table)) visit(room, []);
  return cycles;
}

/** Without the padding that people and formatters put into tables. */
function plain(text: string): string {
  return text
    .replace(/[ \t]+/g, ' ')
    .replace(/-{3,}/g, '---')
    .trim();
}
