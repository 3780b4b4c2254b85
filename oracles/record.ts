import { writeFileSync } from 'node:fs';
import { record, text } from '../packages/schemes/test/vector-file.ts';
import type { Adapter } from './adapters/adapter.ts';
import { ADAPTERS } from './adapters/adapters.ts';
import { askToSign, askToVerify, joinedHeaders } from './ask.ts';
import { readJson, readVectors, type UsableVector } from './vector-file.ts';

/**
 * What a package makes of every vector of its scheme that has one usable secret, and what it signs itself. Written to
 * `vectors/oracles/`, so that tests without the packages hold our verdicts against theirs: `node oracles/record.ts`.
 */
export async function recordOf(adapter: Adapter): Promise<OracleRecord> {
  const vectors = readVectors(adapter.scheme);
  const verdicts: [string, 'accepted' | 'refused'][] = [];
  for (const { name, secret, headers, body, nowMs, url, target, parameters } of vectors) {
    const message = { secret, headers: joinedHeaders(headers), body, url, target, parameters };
    const accepted = adapter.verify !== null && (await askToVerify(adapter, { message, nowMs }));
    verdicts.push([name, accepted ? 'accepted' : 'refused']);
  }
  const [first] = vectors;
  if (first === undefined) throw new Error(`${adapter.scheme} has no vector to ask about`);
  return {
    scheme: adapter.scheme,
    package: adapter.package,
    version: versionOf(adapter.package),
    calls: adapter.calls,
    ways: adapter.sign === null ? 'one' : 'both',
    verdicts: Object.fromEntries(verdicts),
    signed: adapter.sign === null ? [] : await signedBy(adapter, first),
  };
}

export interface OracleRecord {
  readonly scheme: string;
  readonly package: string;
  readonly version: string;
  /** What was called. */
  readonly calls: string;
  readonly ways: 'both' | 'one';
  /** By the name of the vector. */
  readonly verdicts: Readonly<Record<string, 'accepted' | 'refused'>>;
  readonly signed: readonly SignedMessage[];
}

/** Something that the package signed, and what it was given. */
export interface SignedMessage {
  readonly secret: string;
  readonly id: string;
  readonly nowMs: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly unsignedBase64: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyBase64: string;
}

async function signedBy(
  adapter: Adapter,
  { secret, body, nowMs, parameters }: UsableVector,
): Promise<SignedMessage[]> {
  const made: SignedMessage[] = [];
  for (const [index, moment] of [nowMs, nowMs + 1000, nowMs - 86_400_000].entries()) {
    const id = `msg_${index + 1}`;
    const signed = await askToSign(adapter, { secret, id, nowMs: moment, body, parameters });
    made.push({
      secret,
      id,
      nowMs: moment,
      parameters,
      unsignedBase64: body.toString('base64'),
      headers: signed.headers,
      bodyBase64: signed.body.toString('base64'),
    });
  }
  return made;
}

export function recordUrl(scheme: string): URL {
  return new URL(`../vectors/oracles/${scheme}.json`, import.meta.url);
}

function versionOf(name: string): string {
  return text(record(record(readJson('package.json'))['devDependencies'])[name]);
}

if (import.meta.main) {
  for (const adapter of ADAPTERS) {
    writeFileSync(recordUrl(adapter.scheme), `${JSON.stringify(await recordOf(adapter), null, 1)}\n`);
  }
}
