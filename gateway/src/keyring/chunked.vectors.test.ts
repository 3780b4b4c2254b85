// Sealed values are Cobblestone-256, byte for byte as others make and read them, and nothing invalid opens.
// Practices K12 L6 P6; traps "Sealing data".
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { z } from 'zod';
import { Fault, fromHex } from '#base';
import { createChunkedCipher, openChunked, sealChunked } from './chunked.ts';
import { openChunkedStream, sealChunkedStream } from './chunked-stream.ts';

const hex = z
  .string()
  .transform((text) => fromHex(text, text.length / 2) ?? assert.fail('hexadecimal expected'));
const ownFile = z.object({
  cases: z
    .array(
      z.object({
        name: z.string(),
        result: z.enum(['valid', 'invalid']),
        key: hex,
        context: hex,
        sealed: z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
        plaintextBytes: z.number().optional(),
      }),
    )
    .nonempty(),
});
const theirFile = z.object({
  numberOfTests: z.number(),
  testGroups: z
    .array(
      z.object({
        aead: z.literal('AEAD_AES_256_GCM'),
        sha: z.literal('SHA-512'),
        tests: z
          .array(
            z.object({
              tcId: z.number(),
              comment: z.string(),
              key: hex,
              ctx: hex,
              ct: hex.transform((bytes) => new Uint8Array(inflateSync(bytes))),
              msgLength: z.number().default(0),
              msgSha512: z.string().optional(),
              result: z.enum(['valid', 'invalid']),
              flags: z.array(z.string()),
            }),
          )
          .nonempty(),
      }),
    )
    .nonempty(),
});

const own = ownFile.parse(
  JSON.parse(readFileSync(new URL('../../../vectors/keyring/chunked.json', import.meta.url), 'utf8')),
);
for (const { name, result, key, context, sealed, plaintextBytes } of own.cases) {
  test(`K12 vector: ${name} is ${result}`, async () => {
    if (result === 'invalid') {
      assert.throws(() => openChunked(key, context, sealed), refusal);
      const streamed = await openStreamed({ key, context, sealed });
      assert.equal(streamed.complete, false);
      return;
    }
    const expected = Uint8Array.from(
      { length: plaintextBytes ?? assert.fail('length') },
      (_, index) => 7 * index + 3,
    );
    assert.deepEqual(openChunked(key, context, sealed), expected);
    const streamed = await openStreamed({ key, context, sealed });
    assert.deepEqual(streamed.bytes, expected);
    assert.deepEqual(openChunked(key, context, sealChunked(key, context, expected)), expected);
  });
}

const folder = process.env['SALLYPORT_VECTORS'];
test('K12 Wycheproof: every case of Cobblestone-256', {
  skip: folder ? false : 'SALLYPORT_VECTORS is not set',
}, async (t) => {
  const path = `${folder}/wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json`;
  const file = theirFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  let seen = 0;
  for (const group of file.testGroups) {
    for (const { tcId, comment, key, ctx, ct, msgLength, msgSha512, result, flags } of group.tests) {
      seen += 1;
      await t.test(`${tcId}: ${comment} is ${result}`, async () => {
        const streamed = await openStreamed({ key, context: ctx, sealed: ct });
        assert.equal(streamed.complete, result === 'valid');
        assert.equal(streamed.bytes.length, msgLength);
        if (msgSha512 !== undefined) assert.equal(sha512(streamed.bytes), msgSha512);
        if (result === 'invalid') {
          assert.throws(() => openChunked(key, ctx, ct), refusal);
          if (flags.includes('HeaderFailure')) assert.equal(streamed.bytes.length, 0);
        } else {
          const opened = openChunked(key, ctx, ct);
          assert.deepEqual(opened, streamed.bytes);
          assert.deepEqual(
            await resealed({ key, context: ctx, sealed: ct, opened }),
            ct,
            'sealed as they sealed it',
          );
        }
      });
    }
  }
  assert.equal(seen, file.numberOfTests);
});

/** A wrong key size is the caller's mistake (`TypeError`), everything else the one general fault. */
function refusal(thrown: unknown): boolean {
  if (thrown instanceof TypeError) return thrown.message === 'key: 32 bytes expected';
  assert.ok(thrown instanceof Fault);
  assert.equal(thrown.code, 'OPEN_FAILED');
  assert.equal(thrown.message, new Fault('OPEN_FAILED').message, 'the cause stays inside');
  return true;
}

interface Message {
  readonly key: Uint8Array;
  readonly context: Uint8Array;
  readonly sealed: Uint8Array;
}

/** Opens in pieces of an awkward size; gives what came out before the end or the refusal. */
async function openStreamed({
  key,
  context,
  sealed,
}: Message): Promise<{ complete: boolean; bytes: Uint8Array }> {
  const out: Uint8Array[] = [];
  try {
    const cipher = createChunkedCipher(key);
    for await (const piece of openChunkedStream({ cipher, context, source: pieces(sealed, 9_973) }))
      out.push(piece);
    return { complete: true, bytes: joined(out) };
  } catch (thrown) {
    assert.ok(refusal(thrown));
    return { complete: false, bytes: joined(out) };
  }
}

/** Seals again under the salt of `sealed`. */
async function resealed({
  key,
  context,
  sealed,
  opened,
}: Message & { opened: Uint8Array }): Promise<Uint8Array> {
  const salt = sealed.subarray(0, 24);
  const cipher = createChunkedCipher(key);
  const message = cipher.begin(context, salt);
  const out: Uint8Array[] = [salt, message.commitment];
  for (let index = 0; index * 16_384 <= opened.length; index += 1) {
    const { body, tag } = message.sealChunk(index, opened.subarray(index * 16_384, (index + 1) * 16_384));
    out.push(body, tag);
  }
  const fresh: Uint8Array[] = [];
  for await (const piece of sealChunkedStream({ cipher, context, source: pieces(opened, 5_003) }))
    fresh.push(piece);
  assert.deepEqual(cipher.open(context, joined(fresh)), opened);
  return joined(out);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function sha512(bytes: Uint8Array): string {
  return createHash('sha512').update(bytes).digest('hex');
}
