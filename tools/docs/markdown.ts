/** A Markdown document as the checks see it. */
export interface Markdown {
  readonly path: string;
  readonly text: string;
  /** Targets of links and images, without those inside code. */
  readonly links: readonly Piece[];
  /** Inline code and lines of code blocks: what a reader copies. */
  readonly code: readonly Piece[];
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** The rows of its tables, cell by cell, without heads and rules. */
  readonly rows: readonly Row[];
}

export interface Piece {
  readonly text: string;
  readonly line: number;
}

export interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

const FENCE = /^\s*(?:```|~~~)/;
const LINK = /!?\[[^\]]*\]\(<?([^()\s>]+)>?(?:\s+"[^"]*")?\)|<img\s[^>]*\bsrc="([^"]+)"/g;
const SPAN = /(`+)(.+?)\1/g;

/** Reads a document line by line. */
export function readMarkdown(path: string, text: string): Markdown {
  const links: Piece[] = [];
  const code: Piece[] = [];
  const rows: Row[] = [];
  const anchors = new Set<string>();
  let fenced = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    if (FENCE.test(raw)) fenced = !fenced;
    else if (fenced) code.push({ text: raw, line });
    else {
      for (const span of raw.matchAll(SPAN)) code.push({ text: span[2] ?? '', line });
      const prose = raw.replace(SPAN, (whole) => ' '.repeat(whole.length));
      for (const link of prose.matchAll(LINK)) links.push({ text: link[1] ?? link[2] ?? '', line });
      const heading = /^#{1,6}\s+(.+?)\s*#*$/.exec(raw)?.[1];
      if (heading !== undefined) anchors.add(anchorOf(heading, anchors));
      if (raw.startsWith('|')) rows.push({ cells: cellsOf(raw), line });
    }
  }
  return { path, text, links, code, anchors, rows: rows.filter((row, at) => !isHead(row, rows[at + 1])) };
}

/** A head is followed by its rule, and a rule is no row either. */
function isHead(row: Row, next: Row | undefined): boolean {
  return isRule(row) || (next !== undefined && next.line === row.line + 1 && isRule(next));
}

function isRule({ cells }: Row): boolean {
  return cells.every((cell) => /^:?-+:?$/.test(cell));
}

function cellsOf(raw: string): readonly string[] {
  return raw
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** Lower case, punctuation gone, spaces as hyphens; a number when the anchor is taken. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const anchor = heading
    .replaceAll(/[`*]|\[|\]\([^)]*\)/g, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
  for (let count = 0; ; count++) {
    const candidate = count === 0 ? anchor : `${anchor}-${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}
