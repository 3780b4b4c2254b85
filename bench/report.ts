import type { Summary } from './statistics.ts';

/** A target of the design and how far a result is from it. */
export interface Goal {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  /** `null` where there is nothing to meet. */
  readonly met: boolean | null;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** The targets, each with what was measured and whether that is enough. */
export function goals(list: readonly Goal[]): string {
  const rows = list.map(({ what, target, measured, met }) => [
    what,
    target,
    measured,
    met === null ? '' : met ? 'met' : '**not met**',
  ]);
  return table(['target of the design', 'at least / at most', 'measured (range of the rounds)', ''], rows);
}

/** `0.61 (0.58–0.66)`. */
export function spread({ median, low, high }: Summary, digits = 2): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}
