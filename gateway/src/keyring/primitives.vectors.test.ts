// The native ciphers underneath, and HKDF-Expand as written here, give what Wycheproof says they must.
// Traps: "Node's GCM accepts 4-byte tags unless authTagLength is given".
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { createExpander } from './expand.ts';

const folder = process.env['SALLYPORT_VECTORS'];
const skip = folder ? false : 'SALLYPORT_VECTORS is not set';
const hex = z.string().transform((text) => Buffer.from(text, 'hex'));
const result = z.enum(['valid', 'invalid', 'acceptable']);
const hkdfFile = fileOf(
  z.object({
    tests: z.array(
      z.object({ tcId: z.number(), ikm: hex, salt: hex, info: hex, size: z.number(), okm: hex, result }),
    ),
  }),
);
const gcmFile = fileOf(
  z.object({
    ivSize: z.number(),
    keySize: z.number(),
    tagSize: z.number(),
    tests: z.array(
      z.object({ tcId: z.number(), key: hex, iv: hex, aad: hex, msg: hex, ct: hex, tag: hex, result }),
    ),
  }),
);

test('Wycheproof HKDF-SHA512: our Expand and the native HKDF', { skip }, (t) => {
  let expanded = 0;
  for (const { tests } of read('hkdf_sha512_test.json', hkdfFile)) {
    for (const { tcId, ikm, salt, info, size, okm, result } of tests) {
      if (result === 'invalid') {
        assert.throws(() => hkdfSync('sha512', ikm, salt, info, size), `case ${tcId}`);
        continue;
      }
      assert.deepEqual(Buffer.from(hkdfSync('sha512', ikm, salt, info, size)), okm, `case ${tcId}`);
      // RFC 5869 section 2.2: without a salt, a block of zeros as long as the hash.
      const extracted = createHmac('sha512', salt.length > 0 ? salt : Buffer.alloc(64))
        .update(ikm)
        .digest();
      const output = Buffer.alloc(128);
      const cut = Math.floor(info.length / 3);
      createExpander(extracted, info.subarray(0, cut)).expand(
        info.subarray(cut, 2 * cut),
        info.subarray(2 * cut),
        output,
      );
      const compared = Math.min(size, 128);
      assert.deepEqual(output.subarray(0, compared), okm.subarray(0, compared), `case ${tcId}`);
      expanded += 1;
    }
  }
  assert.ok(expanded > 50);
  t.diagnostic(`${expanded} cases through our Expand`);
});

test('Wycheproof AES-GCM: 256-bit keys, 96-bit nonces, whole tags', { skip }, (t) => {
  let done = 0;
  let left = 0;
  for (const { ivSize, keySize, tagSize, tests } of read('aes_gcm_test.json', gcmFile)) {
    for (const { tcId, key, iv, aad, msg, ct, tag, result } of tests) {
      if (ivSize !== 96 || keySize !== 256 || tagSize !== 128) {
        left += 1;
        continue;
      }
      done += 1;
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
      decipher.setAAD(aad);
      decipher.setAuthTag(tag);
      const opened = decipher.update(ct);
      if (result === 'invalid') {
        assert.throws(() => decipher.final(), `case ${tcId}`);
        continue;
      }
      decipher.final();
      assert.deepEqual(opened, msg, `case ${tcId}`);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
      cipher.setAAD(aad);
      assert.deepEqual(Buffer.concat([cipher.update(msg), cipher.final()]), ct, `case ${tcId}`);
      assert.deepEqual(cipher.getAuthTag(), tag, `case ${tcId}`);
    }
  }
  assert.ok(done > 50);
  t.diagnostic(`${done} cases; ${left} left out: other key, nonce or tag sizes are not used here`);
});

test('a shortened tag is refused by the native cipher as we call it', () => {
  const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12), { authTagLength: 16 });
  assert.throws(() => decipher.setAuthTag(Buffer.alloc(4)));
});

function fileOf<Group>(group: z.ZodType<Group>): z.ZodType<Group[]> {
  return z.object({ testGroups: z.array(group).nonempty() }).transform((file) => file.testGroups);
}

function read<Group>(name: string, schema: z.ZodType<Group[]>): Group[] {
  return schema.parse(JSON.parse(readFileSync(`${folder}/wycheproof/${name}`, 'utf8')));
}
