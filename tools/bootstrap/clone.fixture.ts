import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const packages = Object.freeze({
  'node_modules/one': { version: '1.0.0', integrity: 'sha512-one' },
  'node_modules/elsewhere': {
    version: '1.0.0',
    integrity: 'sha512-e',
    optional: true,
    os: ['aix'],
    cpu: ['ppc64'],
  },
  'packages/own': { version: '0.1.0' },
  'node_modules/@x/own': { resolved: 'packages/own', link: true },
});

/** A folder that looks like a clone, with an npm of our own in it: `npm` is the body of its program. */
export function makeClone(
  t: TestContext,
  npm: string,
): { root: string; npm: { command: string; prefix: string[] }; runs(): string } {
  const root = mkdtempSync(join(tmpdir(), 'clone-'));
  t.after(() => {
    chmodSync(root, 0o700);
    rmSync(root, { recursive: true, force: true });
  });
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
  const program = join(root, 'npm.mjs');
  writeFileSync(program, npm);
  return { root, npm: { command: process.execPath, prefix: [program] }, runs: () => join(root, 'runs') };
}

/** What npm records in node_modules when it has installed everything; `changes` replaces some of it. */
export function recordOf(changes: Readonly<Record<string, unknown>> = {}): string {
  const { 'node_modules/elsewhere': _absent, ...present } = packages;
  return JSON.stringify({ packages: { ...present, ...changes } });
}

/** Writes the record as npm would. */
export function writeRecord(root: string, text: string): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), text);
}

/** The body of an npm that installs, after `delayMs`, and notes that it ran. */
export function installingNpm(delayMs = 0): string {
  return `
    import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
    appendFileSync('runs', process.argv.slice(2).join(' ') + '\\n');
    console.log('added 1 package');
    setTimeout(() => {
      mkdirSync('node_modules', { recursive: true });
      writeFileSync('node_modules/.package-lock.json', ${JSON.stringify(recordOf())});
    }, ${delayMs});`;
}

/** The body of an npm that fails with these words. */
export function failingNpm(words: string): string {
  return `console.error(${JSON.stringify(words)}); process.exitCode = 1;`;
}
