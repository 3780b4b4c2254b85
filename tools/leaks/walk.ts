import { chmodSync, type Dirent, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** A file to be searched: where it is, and how it is named in a finding. */
export interface Found {
  readonly path: string;
  readonly shown: string;
}

/** What a test gives to a program (a secret's file, say) lies in a folder of this name: it is not something the program wrote. */
const inputs = 'inputs';

/** An embedded server that root has started keeps its pages elsewhere, and says in this file where. */
const locationFile = 'location.json';

/**
 * Every file below `directory`, whatever it is, and what embedded servers keep elsewhere.
 * @example const files = [...walk(run)];
 */
export function* walk(directory: string, shown = ''): Generator<Found> {
  let entries: Dirent[];
  try {
    entries = insisting(directory, () => readdirSync(directory, { withFileTypes: true }));
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  for (const entry of entries) {
    const path = join(directory, entry.name);
    const name = shown === '' ? entry.name : `${shown}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== inputs) yield* walk(path, name);
    else if (entry.isFile()) yield { path, shown: name };
    if (entry.isFile() && entry.name === locationFile) {
      const home = readHome(path);
      if (home !== undefined) yield* walk(home, `${name} -> ${home}`);
    }
  }
}

function readHome(path: string): string | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('home' in value)) return undefined;
    return typeof value.home === 'string' && isAbsolute(value.home) ? value.home : undefined;
  } catch {
    return undefined;
  }
}

/** What a test has closed to its own user is opened again: what can't be read can't be vouched for. */
export function insisting<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    chmodSync(path, 0o700);
    return act();
  }
}

/** Whether a file or folder went away between being listed and being read. */
export function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
