import { readFileSync } from 'node:fs';
import { list, number, record, text } from '../packages/schemes/test/vector-file.ts';

/** A vector that a package can be asked about: it has one secret, as a person would configure it. */
export interface UsableVector {
  readonly name: string;
  /** Whether we accept it. */
  readonly isRight: boolean;
  readonly secret: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly nowMs: number;
  readonly url: string;
  readonly target: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The usable vectors of a scheme. */
export function readVectors(scheme: string): readonly UsableVector[] {
  const file = record(readJson(`../vectors/schemes/${scheme}.json`));
  return list(file['vectors']).map(record).flatMap(usable);
}

/** A file of this repository, by its path from here. */
export function readJson(path: string): unknown {
  const parsed: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  return parsed;
}

export function pair(value: unknown): readonly [string, string] {
  const [name, of] = list(value).map(text);
  if (name === undefined || of === undefined) throw new Error('no pair');
  return [name, of];
}

export function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record(value)).map(([name, of]) => [name, text(of)]));
}

function usable(vector: Record<string, unknown>): UsableVector[] {
  const [only, ...more] = list(vector['secrets']).map(record);
  const secret = only?.['text'];
  if (more.length > 0 || typeof secret !== 'string') return [];
  return [
    {
      name: text(vector['name']),
      isRight: record(vector['expect'])['ok'] === true,
      secret,
      headers: list(vector['headers']).map(pair),
      body: Buffer.from(text(vector['bodyBase64']), 'base64'),
      nowMs: number(vector['nowMs']),
      url: text(vector['url'] ?? ''),
      target: text(vector['target'] ?? ''),
      parameters: texts(vector['parameters'] ?? {}),
    },
  ];
}
