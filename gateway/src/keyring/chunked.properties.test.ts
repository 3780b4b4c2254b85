// What is sealed opens to the same bytes under the same key and context, and under nothing else. Practices K12 L6 P6.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault, randomBytes } from '#base';
import { createChunkedCipher, openChunked, sealChunked } from './chunked.ts';

const SEED = 20_260_131;
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const context = fc.uint8Array({ maxLength: 900 });
const plaintext = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }).map((off) => randomBytes(16_384 + off)) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 1 }).map((off) => randomBytes(49_152 + off)) },
);

test('K12 sealing round-trips at every size and context, and never the same twice', () => {
  fc.assert(
    fc.property(key, context, plaintext, (k, c, bytes) => {
      const cipher = createChunkedCipher(k);
      const first = cipher.seal(c, bytes);
      const second = cipher.seal(c, bytes);
      assert.notDeepEqual(first, second);
      assert.deepEqual(cipher.open(c, first), bytes);
      assert.deepEqual(openChunked(k, c, second), bytes);
      assert.deepEqual(cipher.open(c, sealChunked(k, c, bytes)), bytes);
      assert.equal(first.length, 56 + bytes.length + 16 * (Math.floor(bytes.length / 16_384) + 1));
    }),
    { seed: SEED, numRuns: 150 },
  );
});

test('K12 one cipher serves contexts of changing length without mixing them up', () => {
  fc.assert(
    fc.property(key, fc.array(context, { minLength: 2, maxLength: 8 }), (k, contexts) => {
      const cipher = createChunkedCipher(k);
      const sealed = contexts.map((c) => cipher.seal(c, c));
      for (const [index, c] of contexts.entries()) {
        assert.deepEqual(openChunked(k, c, sealed[index] ?? assert.fail()), c);
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test('K12 a value opens only under its own key and its own context', () => {
  fc.assert(
    fc.property(key, key, context, context, plaintext, (k1, k2, c1, c2, bytes) => {
      const sealed = sealChunked(k1, c1, bytes);
      if (Buffer.compare(k1, k2) !== 0) assert.throws(() => openChunked(k2, c1, sealed), isOpenFailed);
      if (Buffer.compare(c1, c2) !== 0) assert.throws(() => openChunked(k1, c2, sealed), isOpenFailed);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test('K12 every single byte of a sealed value counts, and so does its length', () => {
  const k = randomBytes(32);
  const c = randomBytes(40);
  const sealed = sealChunked(k, c, randomBytes(50));
  for (let index = 0; index < sealed.length; index += 1) {
    for (const change of [0x01, 0x80]) {
      const altered = Uint8Array.from(sealed);
      altered[index] = (altered[index] ?? 0) ^ change;
      assert.throws(() => openChunked(k, c, altered), isOpenFailed, `byte ${index}`);
    }
    assert.throws(() => openChunked(k, c, sealed.subarray(0, index)), isOpenFailed, `cut to ${index}`);
  }
  assert.throws(() => openChunked(k, c, Uint8Array.from([...sealed, 0])), isOpenFailed);
});

test('K12 arbitrary bytes never open and never end in anything but the one fault', () => {
  const cipher = createChunkedCipher(randomBytes(32));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.throws(() => cipher.open(new Uint8Array(0), bytes), isOpenFailed);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('nothing of a failed message stays for the next one', () => {
  const k = randomBytes(32);
  const cipher = createChunkedCipher(k);
  const c = randomBytes(8);
  const good = cipher.seal(c, randomBytes(33_000));
  const bad = Uint8Array.from(good);
  bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 1;
  const opened = cipher.open(c, good);
  assert.throws(() => cipher.open(c, bad), isOpenFailed);
  assert.deepEqual(cipher.open(c, good), opened);
});

function isOpenFailed(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.code === 'OPEN_FAILED';
}
