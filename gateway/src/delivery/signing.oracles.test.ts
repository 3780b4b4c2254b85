// An application written against a platform's own package takes deliveries that are signed with a secret of ours: at once, with either
// secret during a rotation where the scheme carries both, and a retry of days later. `oracles/` has asked the packages, and they took
// just what is signed here. K7 U11 Q10. Trap "Delivering": receivers that verify the original signature after a delay.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { isId } from '#base';
import { resignProblem } from './resign.ts';
import { type SignedFor, signatureFields } from './signing.ts';

const folder = new URL('../../../vectors/oracles/', import.meta.url);
const oracleFile = z.object({
  scheme: z.string(),
  package: z.string(),
  delivered: z.array(
    z.object({
      what: z.string(),
      id: z.string(),
      nowMs: z.number(),
      url: z.string(),
      parameters: z.record(z.string(), z.string()),
      secrets: z.array(z.string()),
      bodyBase64: z.base64(),
      headers: z.array(z.tuple([z.string(), z.string()])),
      takenUnder: z.object({ current: z.boolean(), before: z.boolean(), strange: z.boolean() }),
    }),
  ),
});
const files = readdirSync(folder).map((name) =>
  oracleFile.parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))),
);
/** The packages that take either secret during a rotation. */
const EITHER: ReadonlySet<string> = new Set([
  'increase',
  'lithic',
  'payos',
  'polar',
  'portone',
  'standard-webhooks',
  'stripe',
  'svix',
]);
/** Paddle's package reads the last signature of the list alone, which is the old secret's. */
const OLD_ONLY: ReadonlySet<string> = new Set(['paddle']);

test('every package whose scheme can be signed again was asked', () => {
  const asked = files.filter(({ delivered }) => delivered.length > 0).map(({ scheme }) => scheme);
  assert.equal(asked.length, 21, String(asked));
  for (const { scheme, delivered } of files) {
    const [given] = delivered;
    if (given === undefined) continue;
    assert.deepEqual(
      delivered.map(({ what }) => what),
      ['at once', 'during a rotation', 'three days late'],
    );
    if (scheme !== 'standard-webhooks') assert.equal(resignProblem({ ...given, platform: scheme }), null);
  }
});

for (const { scheme, package: name, delivered } of files) {
  for (const { what, id, nowMs, secrets, bodyBase64, headers, takenUnder, url, parameters } of delivered) {
    test(`${scheme}: what is delivered ${what} is what ${name} took`, () => {
      assert.ok(isId('event', id));
      const body = Buffer.from(bodyBase64, 'base64');
      const destination: SignedFor = {
        url,
        settings: { signature: scheme === 'standard-webhooks' ? scheme : 'platform', parameters },
        secrets: secrets.map((value) => ({ value, endsAtMs: null })),
        privateKeys: [],
      };
      const made = signatureFields(destination, { event: { id, platform: scheme, body }, nowMs });
      assert.deepEqual(made, headers);
      const rotating = secrets.length > 1;
      assert.deepEqual(takenUnder, {
        current: !(rotating && OLD_ONLY.has(scheme)),
        before: rotating && (EITHER.has(scheme) || OLD_ONLY.has(scheme)),
        strange: false,
      });
    });
  }
}
