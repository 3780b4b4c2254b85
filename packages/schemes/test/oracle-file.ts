import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isSchemeName, type SchemeName } from '../src/index.ts';
import { list, number, record, text } from './vector-file.ts';

/** What a platform's package made of the vectors of its scheme, as `oracles/record.ts` wrote it down. */
export interface OracleFile {
  readonly scheme: SchemeName;
  readonly package: string;
  readonly version: string;
  readonly ways: 'both' | 'one';
  readonly verdicts: Readonly<Record<string, 'accepted' | 'refused'>>;
  /** The vectors that it takes and we refuse. */
  readonly takesBesides: readonly string[];
  /** The vectors that we accept and it refuses. */
  readonly refusesBesides: readonly string[];
  /** What it signed itself. */
  readonly signed: readonly OracleMessage[];
  /** What `sign` made and it took. */
  readonly taken: readonly OracleMessage[];
}

export interface OracleMessage {
  readonly secret: string;
  readonly id: string;
  readonly nowMs: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly url: string | undefined;
  readonly target: string | undefined;
  readonly unsigned: Buffer;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export function readOracleFile(url: URL): OracleFile {
  const file = record(JSON.parse(readFileSync(url, 'utf8')));
  const scheme = text(file['scheme']);
  assert.ok(isSchemeName(scheme), `${scheme} is no scheme`);
  const { ways } = file;
  assert.ok(ways === 'both' || ways === 'one');
  const verdicts = Object.entries(record(file['verdicts'])).map(([name, verdict]) => {
    assert.ok(verdict === 'accepted' || verdict === 'refused');
    return [name, verdict] as const;
  });
  assert.ok(verdicts.length > 0, 'an oracle without a verdict');
  return {
    scheme,
    package: text(file['package']),
    version: text(file['version']),
    ways,
    verdicts: Object.fromEntries(verdicts),
    takesBesides: list(file['takesBesides']).map(text),
    refusesBesides: list(file['refusesBesides']).map(text),
    signed: list(file['signed']).map(message),
    taken: list(file['taken']).map(message),
  };
}

function message(value: unknown): OracleMessage {
  const { secret, id, nowMs, parameters, url, target, unsignedBase64, headers, bodyBase64 } = record(value);
  return {
    secret: text(secret),
    id: text(id),
    nowMs: number(nowMs),
    parameters: Object.fromEntries(Object.entries(record(parameters)).map(([name, of]) => [name, text(of)])),
    url: text(url) || undefined,
    target: text(target) || undefined,
    unsigned: Buffer.from(text(unsignedBase64), 'base64'),
    headers: list(headers).map((pair) => {
      const [name, of] = list(pair).map(text);
      assert.ok(name !== undefined && of !== undefined, 'a header without a value');
      return [name, of] as const;
    }),
    body: Buffer.from(text(bodyBase64), 'base64'),
  };
}
