// What a platform's own package signs is accepted, what it was seen to take is what `sign` makes, and where its verdict on a
// vector differs from ours, that is written down. K7 U11; traps lenient decoding, both-way tolerance, non-UTF-8 bodies.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { readOracleFile } from '../test/oracle-file.ts';
import { readVectorFile } from '../test/vector-file.ts';
import { parseSecret, parseSigningSecret, SCHEMES, sign, verify } from './index.ts';

const oracles = new URL('../../../vectors/oracles/', import.meta.url);
const files = readdirSync(oracles).map((name) => readOracleFile(new URL(name, oracles)));

test('every scheme that is said to be checked against a package has its file, and every file is of such a scheme', () => {
  const named = files.map(({ scheme, ways }) => [scheme, ways]).sort();
  const said = Object.values(SCHEMES)
    .filter(({ checked }) => checked.against.startsWith('the package '))
    .map(({ name, checked }) => [name, checked.ways])
    .sort();
  assert.deepEqual(named, said);
});

const UNFORGIVABLE: ReadonlySet<string> = new Set([
  'signature-missing',
  'signature-mismatch',
  'digest-mismatch',
  'algorithm-wrong',
  'no-secret',
  'secret-unusable',
]);

const ACCEPTED_BECAUSE = Object.freeze({
  'a body that is not UTF-8': 'the signature covers bytes; most packages take them for text',
  'an empty body': 'it is signed like any other; some packages parse it',
  'a body with a byte order mark': 'the signature covers it; some packages take it off, or parse the body',
  'a number written 1.0 and an escape': 'Polar: the body names no event that the package knows',
  'as old as is allowed': 'Paddle: the package allows five seconds',
  'as far ahead as is allowed': 'Plaid: jose allows no time of the future',
  'the time in the other unit': 'Mercado Pago: its messages have either, its package takes seconds alone',
  'a tolerance of its own': 'the package has no such setting',
});

for (const file of files) {
  const { scheme } = file;
  const { vectors } = readVectorFile(new URL(`../../../vectors/schemes/${scheme}.json`, import.meta.url));
  const expected = new Map(vectors.map(({ name, expect }) => [name, expect]));

  test(`${scheme}: ${file.package} differs from us in what is written down, and in nothing else`, () => {
    const differing = (accepted: boolean) =>
      Object.entries(file.verdicts)
        .filter(
          ([name, verdict]) => (verdict === 'accepted') === accepted && expected.get(name)?.ok !== accepted,
        )
        .map(([name]) => name);
    for (const name of Object.keys(file.verdicts)) assert.ok(expected.has(name), name);
    assert.deepEqual(differing(true), file.takesBesides);
    assert.deepEqual(differing(false), file.refusesBesides);
    assert.ok(Object.values(file.verdicts).includes('accepted'));
    // A package may be lax about how a message is written or when it came, never about who signed what.
    for (const name of file.takesBesides) {
      const expect = expected.get(name);
      assert.ok(expect !== undefined && !expect.ok && !UNFORGIVABLE.has(expect.reason), name);
    }
    // Where we accept what the platform's own package refuses, there has to be a reason for it.
    for (const name of file.refusesBesides) assert.ok(Object.hasOwn(ACCEPTED_BECAUSE, name), name);
    assert.equal(file.verdicts['another secret'], 'refused');
  });

  for (const [index, { secret, nowMs, parameters, headers, body }] of file.signed.entries()) {
    test(`${scheme}: what ${file.package} signed is accepted (${index + 1})`, () => {
      const secrets = [{ id: 'current', bytes: parseSecret(scheme, secret) }];
      const verdict = verify({ scheme, secrets, rawHeaders: headers.flat(), body, nowMs, parameters });
      assert.equal(verdict.ok, true);
    });
  }

  for (const [index, { secret, unsigned, headers, body, ...given }] of file.taken.entries()) {
    test(`${scheme}: sign makes what ${file.package} was seen to take (${index + 1})`, () => {
      const made = sign({ ...given, scheme, secrets: [parseSigningSecret(scheme, secret)], body: unsigned });
      assert.deepEqual(made.headers, headers);
      assert.deepEqual(Buffer.from(made.body), body);
    });
  }
}
