// A Secret can't be printed, serialised, spread, cloned or compared into the open. Practices: K1 U2 L1 P3 Q1 K13.
import assert from 'node:assert/strict';
import test from 'node:test';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { openSecret, openSecretText, Secret } from './secret.ts';

const TEXT = 'whsec_canary-value';
const secret = Secret.fromText(TEXT);

test('no way of showing it shows it (K1 K13)', () => {
  const holder = { secret, list: [secret], map: new Map([['a', secret]]) };
  const shown = [
    String(secret),
    `${secret}`,
    `${[secret]}`,
    JSON.stringify(holder),
    inspect(holder, { depth: 9, showHidden: true, getters: true }),
    inspect(secret, { customInspect: false, showHidden: true }),
    format('%s %o %O %j %d', secret, secret, secret, secret, secret),
    JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
    JSON.stringify({ ...secret }),
    JSON.stringify(Object.assign({}, secret)),
    JSON.stringify(structuredClone({ ...holder, map: null, list: [] })),
    Reflect.ownKeys(secret).map(String).join(),
    serialize({ ...secret }).toString('latin1'),
    new Error(`bad ${secret}`).message,
    encodeURIComponent(`${secret}`),
  ];
  for (const text of shown) assert.doesNotMatch(text, /canary/);
  assert.equal(`${secret}`, '[secret]');
});

test('it opens to the bytes it was made of, which are its own', () => {
  assert.equal(openSecretText(secret), TEXT);
  const bytes = new Uint8Array([1, 2, 3]);
  const copy = Secret.fromBytes(bytes);
  bytes.fill(0);
  assert.deepEqual(openSecret(copy), new Uint8Array([1, 2, 3]));
});

test('only a real one opens', () => {
  const forged = Object.create(Secret.prototype);
  assert.throws(() => openSecret(forged), TypeError);
  assert.throws(() => openSecret(structuredClone(secret)), TypeError);
});

test('it is frozen, and its methods give nothing away', () => {
  assert.ok(Object.isFrozen(secret));
  assert.equal(secret.toJSON(), '[secret]');
  assert.notEqual(secret, Secret.fromText(TEXT));
});

test('bytes that are not text are not turned into text', () => {
  assert.throws(() => openSecretText(Secret.fromBytes(new Uint8Array([0xff]))), TypeError);
});
