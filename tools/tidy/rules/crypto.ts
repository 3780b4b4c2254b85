import { states } from '../occurrences.ts';
import { isTestSupport, isUpkeep } from '../places.ts';
import type { Rule } from '../rule.ts';

/** Cryptography lies in few places: base, keyring, the packages, and files that say why. Types alone are free. */
export const crypto: Rule = {
  name: 'crypto',
  check({ sources }) {
    return sources
      .filter(
        ({ path }) =>
          !/^gateway\/src\/(?:base|keyring)\/|^(?:packages|demo)\//.test(path) &&
          !isTestSupport(path) &&
          !isUpkeep(path),
      )
      .filter((source) => !states(source, 'node:crypto'))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier, typeOnly }) => /^(?:node:)?crypto$/.test(specifier) && !typeOnly)
          .map(({ line }) => ({
            path,
            line,
            what: 'uses node:crypto',
            remedy: 'use #keyring or #base, or say why in a comment line `// node:crypto here: …`',
          })),
      );
  },
};
