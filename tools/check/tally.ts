/** What one step or one test file came to. */
export interface Outcome {
  readonly title: string;
  readonly results: readonly Result[];
  readonly durationMs: number;
}

/** One test: `details` is the reason of a skip or everything known about a failure. */
export interface Result {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly details?: string;
}

export interface Tally {
  add(outcome: Outcome): void;
  /** Prints failures, skips and the last line; returns the exit code. */
  finish(): number;
}

/**
 * Counts and prints: a line per outcome as it comes, failures in full at once and by name again at the end, each skip with its
 * reason, and as the very last line `N passed, N failed, N skipped`.
 * @example const tally = createTally({ write: (text) => process.stdout.write(text) });
 */
export function createTally({ write }: { readonly write: (text: string) => void }): Tally {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failed: string[] = [];
  const skipped: string[] = [];
  return {
    add({ title, results, durationMs }) {
      const own = { passed: 0, failed: 0, skipped: 0 };
      for (const { name, state, details } of results) {
        own[state] += 1;
        counts[state] += 1;
        if (state === 'failed') failed.push(`${title}: ${name}`);
        if (state === 'skipped') skipped.push(`${title}: ${name}: ${details ?? 'no reason given'}`);
      }
      write(`${own.failed > 0 ? 'FAIL' : 'ok  '} ${title} (${summary(own)}, ${seconds(durationMs)} s)\n`);
      for (const { name, state, details } of results) {
        if (state === 'failed') write(`     failed: ${name}\n${indent(details ?? '')}`);
      }
    },
    finish() {
      if (skipped.length > 0) write(`\nSkipped:\n${skipped.map((line) => `  ${line}\n`).join('')}`);
      if (failed.length > 0) write(`\nFailed:\n${failed.map((line) => `  ${line}\n`).join('')}`);
      if (counts.passed + counts.failed === 0) {
        counts.failed = 1;
        write('\nNothing was checked.\n');
      }
      write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
      return counts.failed === 0 ? 0 : 1;
    },
  };
}

function summary(counts: Readonly<Record<Result['state'], number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([state, count]) => `${count} ${state}`).join(', ') || 'nothing';
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(1);
}

function indent(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed === '' ? '' : `${trimmed.replace(/^/gm, '       ')}\n`;
}
