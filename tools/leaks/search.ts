import type { Dirent } from 'node:fs';
import { chmod, open, readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Automaton, buildAutomaton } from './automaton.ts';
import { formsOf } from './forms.ts';

/** A value found in a file: never the value itself. `offset` is where its last byte ends. */
export interface Leak {
  readonly file: string;
  readonly offset: number;
  readonly canary: string;
  readonly form: string;
}

export interface SearchResult {
  readonly leaks: readonly Leak[];
  readonly files: number;
  readonly bytes: number;
}

const searchLimits = Object.freeze({ chunkBytes: 1 << 20, leaksPerFileMax: 5 });

/** What a test gives to a program (a secret's file, say) lies in a folder of this name: it is not something the program wrote. */
const inputs = 'inputs';

/** An embedded server that root has started keeps its pages elsewhere, and says in this file where. */
const locationFile = 'location.json';

/**
 * Searches every file below `directory`, whatever it is, for each value in every form.
 * @example await search({ directory: run, values: new Map([['password', 'hunter2hunter2']]) })
 */
export async function search({
  directory,
  values,
}: {
  readonly directory: string;
  readonly values: ReadonlyMap<string, string>;
}): Promise<SearchResult> {
  const needles = [...values].flatMap(([canary, value]) =>
    formsOf(value).map(({ form, bytes }) => ({ canary, form, bytes })),
  );
  const automaton = buildAutomaton(needles.map(({ bytes }) => bytes));
  const leaks: Leak[] = [];
  let files = 0;
  let bytes = 0;
  for await (const { path, shown } of walk(directory, '')) {
    const found: Leak[] = [];
    bytes += await scan(path, automaton, (needle, offset) => {
      const known = needles[needle];
      if (known === undefined || found.length >= searchLimits.leaksPerFileMax) return;
      if (found.some(({ canary, form }) => canary === known.canary && form === known.form)) return;
      found.push({ file: shown, offset, canary: known.canary, form: known.form });
    });
    files += 1;
    leaks.push(...found);
  }
  return { leaks, files, bytes };
}

async function scan(
  path: string,
  automaton: Automaton,
  found: (needle: number, offset: number) => void,
): Promise<number> {
  let file;
  try {
    file = await insisting(path, () => open(path, 'r'));
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
  try {
    const chunk = Buffer.allocUnsafe(searchLimits.chunkBytes);
    let state = 0;
    let position = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) return position;
      const start = position;
      state = automaton.feed(chunk.subarray(0, bytesRead), state, (needle, end) => {
        found(needle, start + end);
      });
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function* walk(directory: string, shown: string): AsyncGenerator<{ path: string; shown: string }> {
  let entries: Dirent[];
  try {
    entries = await insisting(directory, () => readdir(directory, { withFileTypes: true }));
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
      const home = await readHome(path);
      if (home !== undefined) yield* walk(home, `${name} -> ${home}`);
    }
  }
}

async function readHome(path: string): Promise<string | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('home' in value)) return undefined;
    return typeof value.home === 'string' && isAbsolute(value.home) ? value.home : undefined;
  } catch {
    return undefined;
  }
}

/** What a test has closed to its own user is opened again: what can't be read can't be vouched for. */
async function insisting<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    await chmod(path, 0o700);
    return await act();
  }
}

function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
