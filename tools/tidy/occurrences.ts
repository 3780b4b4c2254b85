import type { Finding } from './rule.ts';
import type { Source } from './source.ts';

/** A finding for each match of `pattern` in the code (never in comments or strings) of the files that are not `allowed`. */
export function occurrences({
  sources,
  pattern,
  allowed,
  what,
  remedy,
}: {
  readonly sources: readonly Source[];
  readonly pattern: RegExp;
  readonly allowed: (path: string, source: Source) => boolean;
  readonly what: string;
  readonly remedy: string;
}): readonly Finding[] {
  return sources
    .filter((source) => !allowed(source.path, source))
    .flatMap(({ path, code, lineOf }) =>
      [...code.matchAll(pattern)].map((match) => ({
        path,
        line: lineOf(match.index),
        what: `${match[0].trim().replace(/\s+/g, ' ')} ${what}`,
        remedy,
      })),
    );
}

/** Whether a file states a reason in a comment line of its own: `// <subject> here: …` (or `for …`). */
export function states(source: Source, subject: string): boolean {
  return source.comments.some(
    ({ text }) =>
      text.startsWith(`// ${subject} `) && /^(?:here: |for )\S/.test(text.slice(subject.length + 4)),
  );
}
