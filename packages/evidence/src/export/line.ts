import { decodeBase64, encodeBase64 } from '../base64.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, readJson } from '../json.ts';
import { limits } from '../limits.ts';
import { hashBytes } from '../merkle/hash.ts';

/** One line of an export. The header comes first, then checkpoints, then leaf hashes, then entries. */
export type Line = HeaderLine | CheckpointLine | LeavesLine | EntryLine;

export type HeaderLine = {
  readonly type: 'export';
  readonly version: 1;
  readonly environment: string;
  readonly origin: string;
  readonly verifierKey: string;
  /** Index of the first entry exported; leaf hashes always begin with 0. */
  readonly from: number;
  /** Number of leaves. */
  readonly size: number;
};
export type CheckpointLine = { readonly type: 'checkpoint'; readonly note: string };
export type LeavesLine = {
  readonly type: 'leaves';
  readonly start: number;
  readonly hashes: readonly Uint8Array[];
};
export type EntryLine = { readonly type: 'entry'; readonly index: number; readonly entry: Uint8Array };

export type LineRefusal = 'too-long' | 'not-json' | 'not-a-line' | 'not-canonical';

/**
 * Writes one line, without the newline. Every line has exactly one spelling: fields in the order of the types above,
 * no white space.
 */
export function encodeLine(line: Line): string {
  switch (line.type) {
    case 'export': {
      const { type, version, environment, origin, verifierKey, from, size } = line;
      return JSON.stringify({ type, version, environment, origin, verifierKey, from, size });
    }
    case 'checkpoint':
      return JSON.stringify({ type: line.type, note: line.note });
    case 'leaves':
      return JSON.stringify({ type: line.type, start: line.start, hashes: line.hashes.map(encodeBase64) });
    case 'entry':
      return `{"type":"entry","index":${line.index},"entry":"${encodeBase64(line.entry)}"}`;
  }
}

/** Reads one line as it came out of the file, without its newline; never throws. */
export function parseLine(
  text: string,
): { readonly ok: true; readonly line: Line } | { readonly ok: false; readonly reason: LineRefusal } {
  if (text.length > limits.lineCharactersMax) return { ok: false, reason: 'too-long' };
  const value = readJson(text);
  if (value === undefined) return { ok: false, reason: 'not-json' };
  const line = isJsonObject(value) ? readLine(value) : null;
  if (line === null) return { ok: false, reason: 'not-a-line' };
  // A second reader must not see something else in the same line (a name twice, an unknown field).
  return encodeLine(line) === text ? { ok: true, line } : { ok: false, reason: 'not-canonical' };
}

function readLine(value: JsonObject): Line | null {
  switch (value['type']) {
    case 'export':
      return readHeader(value);
    case 'checkpoint': {
      const { note } = value;
      return typeof note === 'string' ? { type: 'checkpoint', note } : null;
    }
    case 'leaves': {
      const { start } = value;
      const hashes = readHashes(value['hashes']);
      return isCount(start) && hashes !== null ? { type: 'leaves', start, hashes } : null;
    }
    case 'entry': {
      const { index } = value;
      const entry = typeof value['entry'] === 'string' ? decodeBase64(value['entry']) : null;
      return isCount(index) && entry !== null ? { type: 'entry', index, entry } : null;
    }
    default:
      return null;
  }
}

function readHeader(value: JsonObject): HeaderLine | null {
  const { version, environment, origin, verifierKey, from, size } = value;
  if (version !== 1 || !isCount(from) || !isCount(size) || from > size) return null;
  if (typeof environment !== 'string' || typeof origin !== 'string' || typeof verifierKey !== 'string')
    return null;
  return { type: 'export', version, environment, origin, verifierKey, from, size };
}

function readHashes(value: JsonValue | undefined): Uint8Array[] | null {
  if (!isJsonArray(value) || value.length === 0 || value.length > limits.leavesPerLineMax) return null;
  const hashes: Uint8Array[] = [];
  for (const item of value) {
    const bytes = typeof item === 'string' ? decodeBase64(item) : null;
    if (bytes === null || bytes.length !== hashBytes) return null;
    hashes.push(bytes);
  }
  return hashes;
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
