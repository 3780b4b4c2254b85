import { occurrences } from '../occurrences.ts';
import { isTestSupport, isUpkeep } from '../places.ts';
import type { Rule } from '../rule.ts';

/** Configuration comes in at one place: `process.env` only in base/config.ts, and in programs that are not the gateway. */
export const environmentVariables: Rule = {
  name: 'environment-variables',
  check({ sources }) {
    return occurrences({
      sources,
      pattern:
        /\bprocess\s*\.\s*env\b|\bprocess\s*\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b|\bimport\b[^;]*\benv\b[^;]*node:process/g,
      allowed: (path) =>
        path === 'gateway/src/base/config.ts' ||
        /^(?:cli|demo)\/|^packages\/sandbox\/src\/main\.ts$/.test(path) ||
        isTestSupport(path) ||
        isUpkeep(path),
      what: 'reads the environment',
      remedy: 'give base/config.ts a setting and take its value as an argument',
    });
  },
};
