import { occurrences } from '../occurrences.ts';
import { isTestSupport, isUpkeep } from '../places.ts';
import type { Finding, Rule } from '../rule.ts';

/** What of a module opens a connection; '*' is the module as a whole. */
const openers: Readonly<Record<string, readonly string[]>> = Object.freeze({
  'node:net': ['connect', 'createConnection', 'Socket', '*'],
  'node:tls': ['connect', 'TLSSocket', '*'],
  'node:http': ['request', 'get', 'Agent', 'ClientRequest', '*'],
  'node:https': ['request', 'get', 'Agent', '*'],
  'node:http2': ['connect', '*'],
  'node:dgram': ['createSocket', 'Socket', '*'],
  undici: [
    '*',
    'request',
    'stream',
    'pipeline',
    'connect',
    'fetch',
    'Client',
    'Pool',
    'BalancedPool',
    'Agent',
    'ProxyAgent',
    'WebSocket',
  ],
});

/** Connections outward are opened where every one of them is checked: in `outbound`; and in what is not the gateway. */
export const outwardConnections: Rule = {
  name: 'outward-connections',
  check({ sources }) {
    const remedy = 'call through #outbound';
    const imported = sources
      .filter(({ path }) => !isExempt(path))
      .flatMap(({ path, imports }) =>
        imports.flatMap(({ specifier, names, line }): readonly Finding[] => {
          const found = names.filter((name) =>
            (Object.hasOwn(openers, specifier) ? openers[specifier] : undefined)?.includes(name),
          );
          return found.map((name) => ({
            path,
            line,
            what: `${name} of ${specifier} opens connections`,
            remedy,
          }));
        }),
      );
    const called = occurrences({
      sources,
      pattern: /(?<![\w.#$])(?:globalThis\s*\.\s*)?fetch\s*\(|\bnew\s+(?:WebSocket|EventSource)\b/g,
      allowed: isExempt,
      what: 'opens a connection',
      remedy,
    });
    return [...imported, ...called];
  },
};

function isExempt(path: string): boolean {
  return (
    /^(?:gateway\/src\/outbound|packages\/(?:sdk|sandbox|scanner)|cli|demo|console)\//.test(path) ||
    isTestSupport(path) ||
    isUpkeep(path)
  );
}
