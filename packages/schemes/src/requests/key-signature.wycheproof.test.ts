// Ed25519 and ML-DSA-65 are those of the standards: every Wycheproof vector comes out as it says. U8 P12.
import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { list, number, record, text } from '../../test/vector-file.ts';
import { fits } from './key-signature.ts';
import type { PublicKeyAlgorithm } from './request-key.ts';

const folder = process.env.SALLYPORT_VECTORS;
const skip = folder === undefined ? 'SALLYPORT_VECTORS names no folder with wycheproof/ in it' : false;
const files: readonly (readonly [PublicKeyAlgorithm, string])[] = [
  ['ed25519', 'ed25519_test.json'],
  ['ml-dsa-65', 'mldsa_65_verify_test.json'],
];

function publicKeyOf(der: unknown): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(text(der), 'hex'), format: 'der', type: 'spki' });
  } catch {
    // A key of the wrong length can't be had at all, and so nothing verified with it.
    return null;
  }
}

for (const [algorithm, name] of files) {
  test(`Wycheproof ${algorithm}`, { skip }, async () => {
    const file = record(JSON.parse(readFileSync(join(folder ?? '', 'wycheproof', name), 'utf8')));
    const tested = { valid: 0, invalid: 0, withContext: 0 };
    for (const group of list(file.testGroups).map(record)) {
      const publicKey = publicKeyOf(group.publicKeyDer);
      for (const vector of list(group.tests).map(record)) {
        // A context string (FIPS 204 section 5.2) is never given here.
        if (typeof vector.ctx === 'string' && vector.ctx !== '') {
          tested.withContext += 1;
          continue;
        }
        const signature = Buffer.from(text(vector.sig), 'hex');
        const chunks = [Buffer.from(text(vector.msg), 'hex')];
        const isRight =
          publicKey !== null && (await fits({ id: '', algorithm, publicKey }, { chunks, signature }));
        assert.equal(isRight, vector.result === 'valid', `test ${number(vector.tcId)}`);
        tested[isRight ? 'valid' : 'invalid'] += 1;
      }
    }
    assert.equal(tested.valid + tested.invalid + tested.withContext, number(file.numberOfTests));
    assert.ok(tested.valid > 0 && tested.invalid > 0);
  });
}
