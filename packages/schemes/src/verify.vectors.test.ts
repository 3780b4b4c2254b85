// Every vector in vectors/schemes comes out as it says, the invalid ones with their reason, and no file is empty. K7 U11 L11 P12.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseVectorFile, readVectorFile, type Vector } from '../test/vector-file.ts';
import { isMac } from './algorithms.ts';
import { isSchemeName, parseSecret, REASONS, SCHEMES, type SchemeName, verify } from './index.ts';
import { computeMac } from './mac.ts';

const folder = new URL('../../../vectors/schemes/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, file: readVectorFile(new URL(name, folder)) }));

test('every scheme that was checked against something independent has a vector file, and every file is of a scheme', () => {
  const named = new Set(files.map(({ file }) => file.scheme));
  assert.equal(named.size, files.length);
  for (const name of named) assert.ok(isSchemeName(name), name);
  for (const required of REQUIRED) assert.ok(named.has(required), required);
});

/** The others have theirs from their vendors' packages, as far as there are any. */
const REQUIRED: readonly SchemeName[] = ['koywe', 'standard-webhooks'];

test('every reason of a message with headers alone is reached by a vector', () => {
  const reached = new Set(
    files.flatMap(({ file }) => file.vectors.flatMap(({ expect }) => (expect.ok ? [] : [expect.reason]))),
  );
  const elsewhere = new Set(['body-malformed', 'digest-mismatch', 'algorithm-wrong', 'target-malformed']);
  const missing = REASONS.map(({ reason }) => reason).filter((reason) => !reached.has(reason));
  assert.deepEqual(
    missing.filter((reason) => !elsewhere.has(reason)),
    [],
  );
});

for (const { name, file } of files) {
  const { scheme } = file;
  assert.ok(isSchemeName(scheme), `${name} names a scheme of the table`);
  const { algorithm } = SCHEMES[scheme];

  for (const { name: title, secret, content, mac } of file.macs) {
    test(`${name}: MAC of ${title}`, () => {
      assert.ok(isMac(algorithm));
      const made = computeMac({ algorithm, secret, chunks: [content] });
      assert.equal(Buffer.from(made).toString('hex'), mac);
    });
  }

  for (const vector of file.vectors) {
    test(`${name}: ${vector.name}`, () => assert.deepEqual(seen(scheme, vector), vector.expect));
  }
}

function seen(scheme: SchemeName, vector: Vector): unknown {
  const { rawHeaders, body, nowMs, parameters } = vector;
  const verdict = verify({
    scheme,
    secrets: vector.secrets.map(({ id, text, bytes }) => ({
      id,
      bytes: text === null ? bytes : parseSecret(scheme, text),
    })),
    rawHeaders,
    body,
    nowMs,
    parameters,
    ...(vector.toleranceSeconds === null ? {} : { toleranceSeconds: vector.toleranceSeconds }),
    ...(vector.url === null ? {} : { url: vector.url }),
    ...(vector.target === null ? {} : { target: vector.target }),
  });
  if (!verdict.ok) return { ok: false, reason: verdict.reason };
  return {
    ok: true,
    secretId: verdict.secretId,
    eventId: verdict.eventId,
    timestampMs: verdict.timestampMs,
    duplicateKey: Buffer.from(verdict.duplicateKey).toString('hex'),
  };
}

test('a vector file without vectors fails', () => {
  const [first] = files;
  assert.ok(first !== undefined);
  const whole = JSON.parse(readFileSync(new URL(first.name, folder), 'utf8'));
  assert.doesNotThrow(() => parseVectorFile(whole));
  assert.throws(() => parseVectorFile({ ...whole, vectors: [] }), /without a valid message/);
});
