// A secret that is short or miswritten is refused when it is configured, and short ones again when used. K1 K7 U11. Trap: empty secret (CVE-2026-41432).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { parseSecret, SchemeFault, sign } from './index.ts';

const body = new Uint8Array(0);

test('K7: 16 bytes are accepted and 15 are not, counted in bytes', () => {
  assert.equal(parseSecret('koywe', 'x'.repeat(16)).length, 16);
  assert.equal(parseSecret('koywe', 'é'.repeat(8)).length, 16);
  assert.throws(() => parseSecret('koywe', 'x'.repeat(15)), { code: 'SECRET_TOO_SHORT' });
  assert.throws(() => parseSecret('koywe', ''), { code: 'SECRET_TOO_SHORT' });
  const base64 = (length: number) => `whsec_${Buffer.alloc(length, 7).toString('base64')}`;
  assert.equal(parseSecret('standard-webhooks', base64(16)).length, 16);
  assert.throws(() => parseSecret('standard-webhooks', base64(15)), { code: 'SECRET_TOO_SHORT' });
  assert.throws(() => parseSecret('standard-webhooks', 'whsec_'), { code: 'SECRET_TOO_SHORT' });
});

test('K7: what a paste or a file added is refused, not trimmed into another secret', () => {
  const good = 'x'.repeat(32);
  for (const text of [
    `${good}\n`,
    ` ${good}`,
    `${good} `,
    `\ufeff${good}`,
    `a\u0000${good}`,
    `\ud800${good}`,
    'x'.repeat(1025),
  ]) {
    assert.throws(() => parseSecret('koywe', text), { code: 'SECRET_MALFORMED' });
  }
});

test('U11: base64 after whsec_ is canonical or refused', () => {
  const good = Buffer.alloc(25, 7).toString('base64');
  assert.equal(parseSecret('standard-webhooks', `whsec_${good}`).length, 25);
  const spellings = [
    good,
    `WHSEC_${good}`,
    `whsec_${good}\n`,
    `whsec_ ${good}`,
    `whsec_${good.replaceAll('=', '')}`,
  ];
  const others = [
    `whsec_${good}=`,
    `whsec_${good.replace('Bw', 'B-')}`,
    'whsec_====',
    `whsec_${good.slice(0, -3)}x==`,
  ];
  for (const text of [...spellings, ...others]) {
    assert.throws(() => parseSecret('standard-webhooks', text), { code: 'SECRET_MALFORMED' }, text);
  }
});

test('K7: signing under a short secret is a fault too', () => {
  for (const secret of [new Uint8Array(0), new Uint8Array(15)]) {
    assert.throws(() => sign({ scheme: 'koywe', secrets: [secret], body, nowMs: 0 }), {
      code: 'SECRET_TOO_SHORT',
    });
  }
});

test('K1: a fault does not tell the secret', () => {
  const text = 'p4ssw0rd-\u0000-do-not-print-me';
  assert.throws(
    () => parseSecret('koywe', text),
    (error) => error instanceof SchemeFault && !inspect(error, { showHidden: true }).includes('p4ssw0rd'),
  );
});
