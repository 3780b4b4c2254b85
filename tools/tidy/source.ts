import { type Piece, scan } from './scan.ts';

/** An import (or re-export): `names` are the imported names, without those imported as types. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
}

/** A TypeScript or JavaScript file as the rules see it. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly comments: readonly Piece[];
  readonly strings: readonly Piece[];
  readonly imports: readonly Import[];
  /** The line (from 1) of an offset. */
  lineOf(offset: number): number;
}

const statement =
  /(?:^|[;\n}])[ \t]*(?:import|export)\b(?<clause>[\w\s{},*$]*?)\bfrom\s*(?<quote>['"])|(?:^|[;\n])[ \t]*import\s*(?=['"])|\bimport\s*\(\s*(?=['"])/g;

/** Reads a file's text into a Source. */
export function readSource(path: string, text: string): Source {
  const { code, comments, strings } = scan(text);
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const lineOf = (offset: number): number => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? starts.length : next;
  };
  const byOffset = new Map(strings.map((piece) => [piece.offset, piece.text]));
  const imports: Import[] = [];
  for (const match of code.matchAll(statement)) {
    const end = match.index + match[0].length;
    const specifier = byOffset.get(match.groups?.['quote'] === undefined ? end + 1 : end);
    if (specifier !== undefined)
      imports.push({ specifier, line: lineOf(end), ...readClause(match.groups?.['clause'] ?? '') });
  }
  return { path, text, code, comments, strings, imports, lineOf };
}

function readClause(clause: string): Pick<Import, 'typeOnly' | 'names'> {
  const trimmed = clause.trim();
  if (/^type\b(?!\s*,)/.test(trimmed)) return { typeOnly: true, names: [] };
  const inner = /\{([^}]*)\}/.exec(trimmed)?.[1] ?? '';
  const listed = inner
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const values = listed.filter((name) => !name.startsWith('type '));
  const outer = trimmed
    .replace(/\{[^}]*\}/, '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const names = [...values.map((name) => name.split(/\s+as\s+/)[0] ?? name), ...outer.map(() => '*')];
  return { typeOnly: listed.length > 0 && names.length === 0, names };
}
