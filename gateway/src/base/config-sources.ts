import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { RawValue } from './config-parsers.ts';

/** A file could not be used; the message says why, without what it holds. */
export class SourceProblem extends Error {}

export const CONFIG_FILE_BYTES_MAX = 256 * 1024;
export const SECRET_FILE_BYTES_MAX = 64 * 1024;
const DEPTH_MAX = 4;
const LOOSE = 0o077;

/** The settings of a YAML file by dotted name. Throws a {@link SourceProblem}. */
export function readSettingsFile(file: string): ReadonlyMap<string, RawValue> {
  const text = readText(file, { bytesMax: CONFIG_FILE_BYTES_MAX, mayBeLoose: true });
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: true,
    schema: 'core',
  });
  const [error] = document.errors;
  if (error !== undefined) {
    // The parser's own message quotes the line, which may hold a secret.
    throw new SourceProblem(
      `is not valid YAML at line ${lineCounter.linePos(error.pos[0]).line} (${error.code})`,
    );
  }
  const settings = new Map<string, RawValue>();
  flatten({ value: plainValue(() => document.toJS({ maxAliasCount: 0 })), name: '', depth: 0 }, settings);
  return settings;
}

/**
 * The secret in a file, without one line end at its end. Throws a {@link SourceProblem} when others than its owner can
 * read or write it.
 */
export function readSecretFile(file: string): string {
  const text = readText(file, { bytesMax: SECRET_FILE_BYTES_MAX, mayBeLoose: false }).replace(/\r?\n$/, '');
  if (text === '') throw new SourceProblem('is empty');
  return text;
}

/** The mode of a file or folder, or `null` when there is none. */
export function fileMode(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.mode ?? null;
}

/** A path of the file, which is relative to the folder of the file. */
export function besideFile(file: string, path: string): string {
  return resolve(dirname(file), path);
}

function readText(file: string, options: { bytesMax: number; mayBeLoose: boolean }): string {
  try {
    if (!statSync(file).isFile()) throw new SourceProblem('is not a file'); // opening a pipe could wait for ever
    return withFile(file, (descriptor) => {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) throw new SourceProblem('is not a file');
      if (stats.size > options.bytesMax) throw new SourceProblem(`is larger than ${options.bytesMax} bytes`);
      if (!options.mayBeLoose && (stats.mode & LOOSE) !== 0) {
        const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
        throw new SourceProblem(`can be read by others than its owner (mode ${mode}); set it to 0600`);
      }
      return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor));
    });
  } catch (error) {
    if (error instanceof SourceProblem) throw error;
    throw new SourceProblem(`can not be read (${codeOfError(error)})`, { cause: error });
  }
}

function withFile<T>(file: string, use: (descriptor: number) => T): T {
  const descriptor = openSync(file, 'r');
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function codeOfError(error: unknown): string {
  if (error instanceof TypeError) return 'not UTF-8';
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function plainValue(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    throw new SourceProblem('uses aliases, which a configuration needs none of');
  }
}

function flatten(at: { value: unknown; name: string; depth: number }, into: Map<string, RawValue>): void {
  const { value, name, depth } = at;
  if (value === null || value === undefined) return;
  if (typeof value === 'object' && !Array.isArray(value) && depth < DEPTH_MAX) {
    for (const [key, inner] of Object.entries(value)) {
      flatten({ value: inner, name: name === '' ? key : `${name}.${key}`, depth: depth + 1 }, into);
    }
    return;
  }
  if (name === '') throw new SourceProblem('must hold names and values');
  into.set(name, Array.isArray(value) ? value.map(scalarText) : scalarText(value));
}

function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '\0';
}
