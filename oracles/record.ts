import { writeFileSync } from 'node:fs';
import { record, text } from '../packages/schemes/test/vector-file.ts';
import type { Adapter } from './adapters/adapter.ts';
import { ADAPTERS } from './adapters/adapters.ts';
import { askToSign, askToVerify, joinedHeaders } from './ask.ts';
import { type DeliveredMessage, deliveriesOf } from './deliveries.ts';
import { NOW_MS } from './model/model.ts';
import { modelOf } from './model/models.ts';
import { signOurs } from './ours.ts';
import { readJson, readVectors } from './vector-file.ts';

/**
 * What a package makes of every vector of its scheme that has one usable secret, what it signs itself, and that it takes
 * what we sign. Written to `vectors/oracles/`, so that tests without the packages hold us against them:
 * `node oracles/record.ts`.
 */
export async function recordOf(adapter: Adapter): Promise<OracleRecord> {
  const verdicts = new Map<string, 'accepted' | 'refused'>();
  const [takesBesides, refusesBesides]: [string[], string[]] = [[], []];
  for (const { name, isRight, secret, headers, body, nowMs, url, target, parameters } of readVectors(
    adapter.scheme,
  )) {
    const message = { secret, headers: joinedHeaders(headers), body, url, target, parameters };
    const accepted = await askToVerify(adapter, { message, nowMs });
    verdicts.set(name, accepted ? 'accepted' : 'refused');
    if (accepted !== isRight) (accepted ? takesBesides : refusesBesides).push(name);
  }
  const messages = messagesToSign(adapter.scheme);
  return {
    scheme: adapter.scheme,
    package: adapter.package,
    version: versionOf(adapter.package),
    calls: adapter.calls,
    ways: adapter.sign === null ? 'one' : 'both',
    takesBesides,
    refusesBesides,
    verdicts: Object.fromEntries(verdicts),
    signed: adapter.sign === null ? [] : await signedBy(adapter, messages),
    taken: await takenBy(adapter, messages),
    delivered: await deliveriesOf(adapter),
  };
}

export interface OracleRecord {
  readonly scheme: string;
  readonly package: string;
  readonly version: string;
  /** What was called. */
  readonly calls: string;
  readonly ways: 'both' | 'one';
  /** The vectors that it takes and we refuse. */
  readonly takesBesides: readonly string[];
  /** The vectors that we accept and it refuses. */
  readonly refusesBesides: readonly string[];
  /** By the name of the vector. */
  readonly verdicts: Readonly<Record<string, 'accepted' | 'refused'>>;
  readonly signed: readonly SignedMessage[];
  readonly taken: readonly SignedMessage[];
  /** What a gateway delivers, signed in this scheme with secrets of ours. */
  readonly delivered: readonly DeliveredMessage[];
}

/** Something that was signed, and what was given for it. */
export interface SignedMessage {
  readonly secret: string;
  readonly id: string;
  readonly nowMs: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly url: string;
  readonly target: string;
  readonly unsignedBase64: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyBase64: string;
}

export type Unsigned = Omit<SignedMessage, 'headers' | 'bodyBase64'>;

/** What is given to be signed, at three moments; nothing for a scheme with key pairs, which no file may hold. */
export function messagesToSign(scheme: string): readonly Unsigned[] {
  const model = modelOf(scheme);
  if (model === null) return [];
  // Braintree's signers take the document, and wrap it themselves.
  const unsigned = scheme === 'braintree' ? Buffer.from(model.body.toString(), 'base64') : model.body;
  return [NOW_MS, NOW_MS + 1000, NOW_MS - 86_400_000].map((nowMs, index) => ({
    secret: model.keys.current.text,
    id: `msg_${index + 1}`,
    nowMs,
    parameters: model.parameters,
    url: model.url ?? '',
    target: model.target ?? '',
    unsignedBase64: unsigned.toString('base64'),
  }));
}

async function signedBy(adapter: Adapter, messages: readonly Unsigned[]): Promise<SignedMessage[]> {
  const made: SignedMessage[] = [];
  for (const message of messages) {
    const signed = await askToSign(adapter, {
      ...message,
      body: Buffer.from(message.unsignedBase64, 'base64'),
    });
    made.push({ ...message, headers: signed.headers, bodyBase64: signed.body.toString('base64') });
  }
  return made;
}

async function takenBy(adapter: Adapter, messages: readonly Unsigned[]): Promise<SignedMessage[]> {
  const made: SignedMessage[] = [];
  for (const message of messages) {
    const signed = signOurs(adapter.scheme, message);
    const { secret, nowMs, url, target, parameters } = message;
    const received = {
      secret,
      headers: joinedHeaders(signed.headers),
      body: signed.body,
      url,
      target,
      parameters,
    };
    if (!(await askToVerify(adapter, { message: received, nowMs })))
      throw new Error(`${adapter.package} does not take what we sign`);
    made.push({ ...message, headers: signed.headers, bodyBase64: signed.body.toString('base64') });
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
