// No secret in use comes back from a platform, in whatever encoding and however the answer is cut; all else does.
// K1 K11; trap "Calling out": a platform that echoes a credential leaks it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { needlesOf } from './needles.ts';
import { createScrubber } from './scrub.ts';

const SEED = 20_261_122;
const secretOf = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 8,
  maxLength: 60,
});
const bytesOf = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

/** How a platform might write a text. `null` stands for what surrounds it. */
const ENCODINGS: Readonly<Record<string, (secret: string, before: Buffer, after: Buffer) => Buffer>> = {
  plain: (secret, before, after) => Buffer.concat([before, Buffer.from(secret), after]),
  json: (secret) => Buffer.from(JSON.stringify({ echo: secret })),
  'json, slash escaped': (secret) => Buffer.from(JSON.stringify({ echo: secret }).replaceAll('/', '\\/')),
  'json in json': (secret) => Buffer.from(JSON.stringify({ echo: JSON.stringify({ echo: secret }) })),
  'json as Go writes it': (secret) => jsonWith(secret, /[&<>]/),
  'json as PHP writes it with its hex flags': (secret) => jsonWith(secret, /["&<>']/),
  'json as .NET writes it': (secret) => jsonWith(secret, /["&<>'+`]/),
  'json in upper-case escapes, all but letters and digits': (secret) =>
    Buffer.from(
      jsonWith(secret, /[^A-Za-z0-9]/)
        .toString()
        .replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`),
    ),
  'json in escapes throughout': (secret) => jsonWith(secret, /[^]/),
  'percent-encoded': (secret) => Buffer.from(`?echo=${encodeURIComponent(secret)}&b=1`),
  'percent-encoded in lower case': (secret) =>
    Buffer.from(encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())),
  'a form': (secret) => Buffer.from(new URLSearchParams({ echo: secret }).toString()),
  'percent-encoded throughout': (secret) =>
    Buffer.from([...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
  base64: (secret, before, after) =>
    Buffer.from(Buffer.concat([before, Buffer.from(secret), after]).toString('base64')),
  base64url: (secret, before, after) =>
    Buffer.from(Buffer.concat([before, Buffer.from(secret), after]).toString('base64url')),
  hexadecimal: (secret, before, after) =>
    Buffer.from(Buffer.concat([before, Buffer.from(secret), after]).toString('hex')),
  'hexadecimal in upper case': (secret) => Buffer.from(Buffer.from(secret).toString('hex').toUpperCase()),
};

/** JSON in which the characters named are spelt \uXXXX. */
function jsonWith(secret: string, escaped: RegExp): Buffer {
  const texts = [...secret].map((character) =>
    escaped.test(character)
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      : JSON.stringify(character).slice(1, -1),
  );
  return Buffer.from(`{"echo":"${texts.join('')}"}`);
}

async function through(
  secrets: readonly string[],
  body: Buffer,
  cuts: readonly number[] = [],
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const edges = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at + 1 < edges.length; at++) yield body.subarray(edges[at], edges[at + 1]);
  }
  for await (const piece of createScrubber(needlesOf(secrets)).stream(chunks()))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

for (const [name, encode] of Object.entries(ENCODINGS)) {
  test(`K1: ${name}: a secret does not come back, wherever the answer is cut`, async () => {
    await fc.assert(
      fc.asyncProperty(
        secretOf,
        bytesOf,
        bytesOf,
        fc.array(fc.nat(), { maxLength: 6 }),
        async (secret, before, after, cuts) => {
          const out = await through([secret], encode(secret, before, after), cuts);
          assert.ok(out.includes('[redacted]'));
          // Nor does what it was written as: the middle of it, free of what depends on its neighbours.
          const written = encode(secret, Buffer.alloc(0), Buffer.alloc(0));
          if (name === 'plain') assert.ok(!out.includes(secret));
          if (!name.startsWith('json')) assert.ok(!out.includes(written));
        },
      ),
      { seed: SEED, numRuns: 150 },
    );
  });
}

test('K1: base64 of a secret at each of the three places leaves none of its whole characters', async () => {
  const secret = 'koywe-secret-0123456789abcdef';
  for (const lead of ['', 'a', 'ab', 'abc', 'user:', 'user::']) {
    const out = (
      await through([secret], Buffer.from(Buffer.from(`${lead}${secret}zz`).toString('base64')))
    ).toString();
    const [before = '', after = ''] = out.split('[redacted]');
    assert.ok(before.length <= Math.ceil((lead.length * 4) / 3) + 1, out);
    assert.ok(after.length <= 6, out);
  }
});

test('one cut or another, the same bytes come out', async () => {
  const secret = 'aab-aab-aab-aab';
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant(Buffer.from(secret)), fc.constant(Buffer.from('aab-')), bytesOf), {
        maxLength: 12,
      }),
      fc.array(fc.nat(), { maxLength: 8 }),
      async (parts, cuts) => {
        const body = Buffer.concat(parts);
        assert.deepEqual(await through([secret], body, cuts), await through([secret], body));
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test('what holds no secret comes out byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.array(fc.nat()), async (bytes, cuts) => {
      const body = Buffer.from(bytes);
      assert.deepEqual(await through(['a-secret-that-is-not-there'], body, cuts), body);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('two secrets that overlap are both gone, and so is a secret inside the other', async () => {
  const [left, right] = ['0123456789abcdef', '89abcdefghijklmn'];
  assert.equal(
    (await through([left, right], Buffer.from('<0123456789abcdefghijklmn>'))).toString(),
    '<[redacted]>',
  );
  assert.equal((await through([left, '3456789abc'], Buffer.from(`<${left}>`))).toString(), '<[redacted]>');
});

test('an answer full of secrets is one replacement for each', async () => {
  const secret = 'koywe-secret-0123456789abcdef';
  const out = await through([secret], Buffer.from(`${secret},`.repeat(20_000)), [1_000, 70_001, 400_000]);
  assert.equal(out.toString(), '[redacted],'.repeat(20_000));
});
