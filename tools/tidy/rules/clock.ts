import { occurrences, states } from '../occurrences.ts';
import { isTestSupport, isUpkeep } from '../places.ts';
import type { Rule } from '../rule.ts';
import type { Source } from '../source.ts';

/** Time and randomness come from `#base`, so that tests can set the one and nothing weak can be the other. */
export const clock: Rule = {
  name: 'clock',
  check({ sources }) {
    const direct = occurrences({
      sources,
      pattern:
        /\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bnew\s+Date\b(?!\s*\()|(?<!\bnew\s+)(?<![\w.])Date\s*\(\s*\)|\bMath\s*\.\s*random\b|\bperformance\s*\.\s*now\b|\bprocess\s*\.\s*hrtime\b|\b(?:crypto|webcrypto)\s*\.\s*(?:getRandomValues|randomUUID|randomBytes)\b/g,
      allowed: (path, source) => isExempt(path) || explained(source),
      what: 'is time or randomness from outside',
      remedy:
        'take a Clock, or randomBytes, from #base (in packages: say why in a line `// clock here: …` or `// randomness here: …`)',
    });
    const imported = sources
      .filter((source) => !isExempt(source.path) && !explained(source))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier }) => specifier === 'node:crypto')
          .flatMap(({ names, line }) =>
            names
              .filter((name) =>
                /^(?:randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues)$/.test(name),
              )
              .map((name) => ({
                path,
                line,
                what: `${name} is randomness from outside`,
                remedy: 'take randomBytes from #base',
              })),
          ),
      );
    return [...direct, ...imported];
  },
};

/** A package can't import `#base`: there a file may say why it asks the clock, or for randomness, itself. */
function explained(source: Source): boolean {
  return source.path.startsWith('packages/') && (states(source, 'clock') || states(source, 'randomness'));
}

function isExempt(path: string): boolean {
  return (
    /^gateway\/src\/base\/|^packages\/sandbox\/|^(?:cli|demo)\//.test(path) ||
    isTestSupport(path) ||
    isUpkeep(path)
  );
}
