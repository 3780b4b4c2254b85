import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/**
 * A document that is written by hand but for some parts, each between `<!-- name:start -->` and `<!-- name:end -->`, with
 * these parts as the code makes them. Throws when a part has no place.
 *
 * @example withParts('docs/keys.md', { scopes: table(['Scope'], []) });
 */
export function withParts(path: string, parts: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(root, path), 'utf8');
  for (const [name, content] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name}:start -->\n`, `<!-- ${name}:end -->`];
    const [before, rest = ''] = text.split(start, 2);
    const after = rest.slice(rest.indexOf(end));
    if (before === text || !after.startsWith(end)) throw new Error(`${path} has no place for ${name}`);
    text = `${before}${start}\n${content}\n\n${after}`;
  }
  return text;
}
