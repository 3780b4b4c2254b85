/** A stretch of a source, with the offset at which its content begins. */
export interface Piece {
  readonly offset: number;
  readonly text: string;
}

/** A source taken apart: `code` has the length of the source, with comments and the insides of strings and patterns blanked. */
export interface Scan {
  readonly code: string;
  readonly comments: readonly Piece[];
  readonly strings: readonly Piece[];
}

/**
 * Takes a JavaScript or TypeScript source apart into code, comments and strings, so that a rule never stumbles over a word in a
 * string or a quote in a comment. Templates count as strings, what is inside `${}` as code.
 * @example scan("const a = 'import'; // import").code
 */
export function scan(source: string): Scan {
  const code = [...source.replace(/[^\n]/gu, (unit) => ' '.repeat(unit.length))];
  const comments: Piece[] = [];
  const strings: Piece[] = [];
  const braces: number[] = []; // for each open template, how many braces are open inside its `${`
  let index = 0;
  let last = ''; // the last code character that is not white space: tells a pattern from a division

  const keep = (): void => {
    const unit = source.charAt(index);
    code[index] = unit;
    if (unit.trim() !== '') last = unit;
    index += 1;
  };
  const readString = (quote: string): void => {
    keep();
    const offset = index;
    while (index < source.length && source.charAt(index) !== quote && source.charAt(index) !== '\n') {
      index += source.charAt(index) === '\\' ? 2 : 1;
    }
    strings.push({ offset, text: source.slice(offset, index) });
    if (source.charAt(index) === quote) keep();
  };
  const readTemplate = (): void => {
    const offset = index;
    while (index < source.length && source.charAt(index) !== '`' && !source.startsWith('${', index)) {
      index += source.charAt(index) === '\\' ? 2 : 1;
    }
    strings.push({ offset, text: source.slice(offset, index) });
    if (source.startsWith('${', index)) {
      braces.push(0);
      index += 2;
      last = '{';
    } else {
      keep();
    }
  };
  const readPattern = (): void => {
    keep();
    let inClass = false;
    for (; index < source.length && source.charAt(index) !== '\n'; index += 1) {
      const unit = source.charAt(index);
      if (unit === '\\') index += 1;
      else if (unit === '[') inClass = true;
      else if (unit === ']') inClass = false;
      else if (unit === '/' && !inClass) break;
    }
    if (source.charAt(index) === '/') keep();
  };

  while (index < source.length) {
    const unit = source.charAt(index);
    const open = braces.at(-1);
    if (source.startsWith('//', index) || (index === 0 && source.startsWith('#!'))) {
      const end = endOf(source, '\n', index);
      comments.push({ offset: index, text: source.slice(index, end) });
      index = end;
    } else if (source.startsWith('/*', index)) {
      const end = Math.min(source.length, endOf(source, '*/', index) + 2);
      comments.push({ offset: index, text: source.slice(index, end) });
      index = end;
    } else if (unit === "'" || unit === '"') {
      readString(unit);
    } else if (unit === '`') {
      keep();
      readTemplate();
    } else if (unit === '}' && open === 0) {
      braces.pop();
      index += 1;
      readTemplate();
    } else if (unit === '/' && startsPattern(last, code, index)) {
      readPattern();
    } else {
      if (open !== undefined && unit === '{') braces[braces.length - 1] = open + 1;
      if (open !== undefined && unit === '}') braces[braces.length - 1] = open - 1;
      keep();
    }
  }
  return { code: code.join(''), comments, strings };
}

/** A slash begins a pattern where a value is expected: after an operator, an opening bracket or one of a few words. */
function startsPattern(last: string, code: readonly string[], index: number): boolean {
  if (last === '' || '(,=:[!&|?{};+-*%~^<>'.includes(last)) return true;
  const word = /([A-Za-z]+)\s*$/.exec(code.slice(Math.max(0, index - 20), index).join(''))?.[1] ?? '';
  return [
    'return',
    'typeof',
    'case',
    'in',
    'of',
    'delete',
    'void',
    'throw',
    'await',
    'yield',
    'else',
    'do',
  ].includes(word);
}

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from);
  return end === -1 ? source.length : end;
}
