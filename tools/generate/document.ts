/** A document that is made from the code. One file in this folder exports each, and `documents.ts` names it. */
export interface GeneratedDocument {
  /** From the root of the repository. */
  readonly path: string;
  render(): string | Promise<string>;
}

/** The first lines of a generated Markdown document. */
export function heading(title: string): string {
  return `# ${title}\n\n<!-- Made by tools/generate from the code. Change it there, then run: node tools/generate/generate.ts -->\n`;
}

/** A Markdown table. Bars and line ends inside cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellText).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A value in Markdown code, or nothing. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function cellText(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
