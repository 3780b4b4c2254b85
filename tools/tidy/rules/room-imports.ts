import { dirname, normalize } from 'node:path/posix';
import { isTestSupport, roomOf } from '../places.ts';
import { allowedFor, joiners } from '../rooms.ts';
import type { Finding, Rule } from '../rule.ts';
import type { Source } from '../source.ts';

const table = 'tools/tidy/rooms.ts';

/** Rooms meet by their faces alone, along the table; nothing imports `http` but `main.ts`. */
export const roomImports: Rule = {
  name: 'room-imports',
  check({ sources }) {
    return sources
      .filter(({ path }) => path.startsWith('gateway/'))
      .flatMap((source) => [...inspect(source)]);
  },
};

function* inspect(source: Source): Generator<Finding> {
  const { path, imports } = source;
  const room = roomOf(path);
  const allowed = room === undefined ? undefined : allowedFor(room);
  if (room !== undefined && allowed === undefined) {
    yield {
      path,
      line: 1,
      what: `'${room}' is no room`,
      remedy: `give it a line in ${table} and ARCHITECTURE.md`,
    };
    return;
  }
  for (const { specifier, line } of imports) {
    const finding = (what: string, remedy: string): Finding => ({ path, line, what, remedy });
    if (specifier.startsWith('.')) {
      const target = normalize(`${dirname(path)}/${specifier}`);
      const own = room === undefined ? 'gateway/' : `gateway/src/${room}/`;
      const forTests = isTestSupport(path) && (target.startsWith('tools/leaks/') || joiners.includes(target));
      const joined = joiners.includes(path) && roomOf(target) !== undefined;
      if (joined) yield finding(`${specifier} reaches into a room`, 'import the room by its face, #room');
      else if (!target.startsWith(own) && !forTests) {
        yield finding(`${specifier} leaves the room`, 'import the other room by its face, #room');
      }
    } else if (specifier.startsWith('#test/')) {
      if (!isTestSupport(path))
        yield finding(`${specifier} is for tests`, 'move what is needed out of gateway/test');
    } else if (specifier.startsWith('#')) {
      const face = specifier.slice(1);
      if (allowedFor(face) === undefined)
        yield finding(`${specifier} is no room's face`, 'import #room, nothing below it');
      else if (room !== undefined && !isTestSupport(path) && face === room)
        yield finding('a room does not import its own face', 'use ./');
      else if (face === 'http' && path !== 'gateway/src/main.ts' && !isTestSupport(path)) {
        yield finding('nothing imports #http but main.ts', 'take what is needed as an argument');
      } else if (allowed !== undefined && face !== room && !isTestSupport(path) && !allowed.includes(face)) {
        yield finding(
          `${room ?? ''} may not import ${specifier}`,
          `take it as an argument through a port of base, or change ${table}`,
        );
      }
    } else if (
      specifier.startsWith('@sallyport/') &&
      allowed !== undefined &&
      !isTestSupport(path) &&
      !allowed.includes(specifier)
    ) {
      yield finding(`${room ?? ''} may not import ${specifier}`, `see ${table}`);
    }
  }
}
