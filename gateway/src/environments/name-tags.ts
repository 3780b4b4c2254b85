import { Fault, frozenTable } from '#base';
import type { EnvironmentKind } from './shapes.ts';

/** Words in names that say which kind of environment is meant, and the kinds in which they are true (Q5). */
export const NAME_TAGS: Readonly<Record<string, readonly EnvironmentKind[]>> = frozenTable({
  dev: of('development'),
  development: of('development'),
  test: of('development', 'staging'),
  testing: of('development', 'staging'),
  sandbox: of('development', 'staging'),
  qa: of('development', 'staging'),
  nonprod: of('development', 'staging'),
  nonproduction: of('development', 'staging'),
  stg: of('staging'),
  stage: of('staging'),
  staging: of('staging'),
  uat: of('staging'),
  preprod: of('staging'),
  preproduction: of('staging'),
  prod: of('production'),
  production: of('production'),
  live: of('production'),
});

/** What turns the word behind it into another one: `pre-prod` is not production. */
const PREFIXES: ReadonlySet<string> = new Set(['pre', 'non']);
/** Between letters and digits of any script, and where a capital begins a word: `koyweProd`, `HTTPLive`. */
const BOUNDARY = /[^\p{L}\p{N}]+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

/**
 * What is wrong with a name that carries the tag of another kind of environment, or `null`. A key called `koywe-prod`
 * in a development environment is how a credential ends up where it must not be. Tags are whole words in any case, also
 * with a number behind (`prod2`); `product` and `latest` hold none.
 *
 * @example tagProblem('koywe-prod', 'development') // 'says "prod", but this is a development environment'
 */
export function tagProblem(name: string, kind: EnvironmentKind): string | null {
  for (const word of wordsOf(name)) {
    const kinds = NAME_TAGS[word];
    if (kinds !== undefined && !kinds.includes(kind))
      return `says "${word}", but this is a ${kind} environment`;
  }
  return null;
}

/** Throws `INVALID_REQUEST` for a name that carries the tag of another kind of environment. */
export function refuseForeignTag(name: string, kind: EnvironmentKind): void {
  const problem = tagProblem(name, kind);
  if (problem !== null) throw new Fault('INVALID_REQUEST', { fields: [{ path: 'name', problem }] });
}

function wordsOf(name: string): string[] {
  // Compatibility forms, such as full-width letters, are read as what they look like.
  const parts = name.normalize('NFKC').split(BOUNDARY);
  const words: string[] = [];
  let prefix = '';
  for (const part of parts) {
    const word = part.toLowerCase().replace(/\p{N}+$/u, '');
    if (word === '') continue;
    words.push(prefix + word);
    prefix = PREFIXES.has(word) ? word : '';
  }
  return words;
}

function of(...kinds: readonly EnvironmentKind[]): readonly EnvironmentKind[] {
  return Object.freeze(kinds);
}
