// Whatever stands in the line, the headers or the body, reading and verifying answer with a value and let nothing pass. U8 P12.
// Trap ("Verifying"): one crafted request must never end the process.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  contentDigest,
  type PublicKeyAlgorithm,
  parsePrivateKey,
  parsePublicKey,
  parseRequestSecret,
  REQUEST_REASONS,
  REQUEST_SCHEMES,
  type RequestKey,
  readRequestSignature,
  SchemeFault,
  verifyRequest,
} from '../index.ts';
import { contentDigestRefusal } from './content-digest.ts';

/** Kept: the runs are the same everywhere; a seed that ever found something is added beside it. */
const parameters = { seed: 20_260_303, numRuns: 3000 };
const nowMs = 1_750_000_000_000;
const reasons = new Set<string>(REQUEST_REASONS.map(({ reason }) => reason));
const keys: readonly RequestKey[] = [
  { id: 'hmac', algorithm: 'hmac-sha256', secret: Buffer.from('0123456789abcdef0123456789abcdef') },
  { id: 'ed', algorithm: 'ed25519', publicKey: generateKeyPairSync('ed25519').publicKey },
];

const names = fc.constantFrom(
  'X-API-KEY',
  'x-api-sign',
  'X-API-TIMESTAMP',
  'API-KEY',
  'API-SIGN',
  'API-TIMESTAMP',
  'X-Signature',
  'X-Timestamp',

  'Authorization',
  'Signature',
  'signature',
  'Signature-Input',
  'Content-Digest',
  'Content-Type',
  'Host',
  '@method',
  '',
);
const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 63, maxLength: 65 });
const base64 = fc
  .uint8Array({ minLength: 31, maxLength: 66 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const components = fc.shuffledSubarray([
  '"@method"',
  '"@target-uri"',
  '"content-digest"',
  '"content-type"',
  '"host"',
  '"@path"',
  '"@method";req=1',
  'x',
]);
const RIGHT: readonly (readonly [name: string, value: string])[] = [
  ['created', '1750000000'],
  ['expires', '1750000300'],
  ['keyid', '"key_1"'],
  ['nonce', '"n-0123456789abcdef"'],
  ['tag', '"sallyport"'],
];
const params = fc.oneof(
  fc.constant(RIGHT),
  fc.shuffledSubarray([...RIGHT, ['alg', '"ed25519"'] as const, ['x', '1'] as const], { minLength: 5 }),
  fc
    .nat(4)
    .map((wrong) => RIGHT.map(([name, value], at) => [name, at === wrong ? ':AA==:' : value] as const)),
);
const input = fc
  .tuple(fc.oneof(components, fc.constant(['"@method"', '"@target-uri"', '"content-digest"'])), params)
  .map(([list, pairs]) => `(${list.join(' ')})${pairs.map(([name, value]) => `;${name}=${value}`).join('')}`);
const DIGESTS = [
  contentDigest(new Uint8Array(0)),
  contentDigest(Uint8Array.of(1)),
  'sha-256=::',
  'md5=:AA==:',
];
const values = fc.oneof(
  fc.string({ unit: 'binary' }),
  hex,
  base64,
  base64.map((text) => `sallyport=:${text}:`),
  input.map((text) => `sallyport=${text}`),
  hex.map((text) => `key_1:1750000000000:${text}`),
  fc.constantFrom('1750000000', '1750000000000', 'key_1', '', ':::', 'Bearer x'),
  fc.constantFrom(
    contentDigest(new Uint8Array(0)),
    contentDigest(Uint8Array.of(1)),
    'sha-256=::',
    'md5=:AA==:',
  ),
);
const headerList = fc.array(fc.tuple(names, values), { maxLength: 10 }).map((list) => list.flat());
/** Often enough with two halves that belong together, so that what lies behind them is reached. */
const rawHeaders = fc.oneof(
  headerList,
  headerList.map((list) => list.slice(1)),
  fc
    .tuple(input, fc.constantFrom(...DIGESTS), fc.subarray(['Content-Type', 'text/plain', 'X-A', 'x']))
    .map(([list, digest, own]) => [
      'Signature-Input',
      `sallyport=${list}`,
      'Signature',
      `sallyport=:${'A'.repeat(86)}==:`,
      'Content-Digest',
      digest,
      ...own,
    ]),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('GET', '/', '/v1/x?y=1', '//', 'gateway.test', '[::1]:8443', '', '*'),
);
const or = (right: string) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: texts });

test('any request: refused with a reason of the table, without a throw', async () => {
  const schemes = fc.constantFrom(...Object.values(REQUEST_SCHEMES).map(({ name }) => name));
  const requests = fc.record({
    scheme: schemes,
    method: or('POST'),
    target: or('/v1/x?y=1'),
    authority: or('gateway.test'),
    rawHeaders,
    body: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 50 })),
  });
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const read = readRequestSignature(request);
      assert.ok(read === null || read.ok || reasons.has(read.reason));
      const verdict = await verifyRequest({ ...request, keys, nowMs });
      assert.ok(!verdict.ok && reasons.has(verdict.reason));
      if (read === null) assert.equal(verdict.reason, 'signature-missing');
      reached.add(verdict.reason);
    }),
    parameters,
  );
  // Random requests that are all turned away at the first step would test the first step.
  assert.ok(reached.has('signature-mismatch') && reached.size >= 20, [...reached].join(' '));
});

test('any digest field: null only when every digest in it is that of the body', () => {
  const fields = fc
    .array(
      fc.tuple(
        fc.constantFrom('sha-256', 'sha-512', 'md5', 'sha-256 '),
        fc.oneof(fc.constant('sha256'), fc.constant('sha512'), fc.constant('sha1')),
        fc.boolean(),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => ({
      parts,
      of: (body: Uint8Array) =>
        parts
          .map(([name, hash, isRight]) => {
            const digest = createHash(hash).update(isRight ? body : Uint8Array.of(...body, 1));
            return `${name}=:${digest.digest('base64')}:`;
          })
          .join(', '),
    }));
  const algorithmOf: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };
  fc.assert(
    fc.property(fields, fc.uint8Array({ maxLength: 20 }), ({ parts, of }, body) => {
      const isRight =
        parts.every(([name, hash, right]) => right && algorithmOf[name] === hash) &&
        new Set(parts.map(([name]) => name)).size === parts.length;
      assert.equal(contentDigestRefusal(of(body), body) === null, isRight);
      assert.equal(contentDigestRefusal(contentDigest(body), body), null);
    }),
    parameters,
  );
});

test('any text as PEM or secret: parsed, or refused with a fault that does not repeat it', () => {
  const real = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.base64String().map((inner) => `-----BEGIN PUBLIC KEY-----\n${inner}\n-----END PUBLIC KEY-----\n`),
    fc.base64String().map((inner) => `-----BEGIN PRIVATE KEY-----\n${inner}\n-----END PRIVATE KEY-----\n`),
    fc
      .tuple(fc.nat(real.length - 1), fc.constantFrom('A', '=', '\n', '\u0000', '-', ''))
      .map(([at, character]) => real.slice(0, at) + character + real.slice(at + 1)),
  );
  const algorithms = fc.constantFrom<PublicKeyAlgorithm>('ed25519', 'ml-dsa-65');
  fc.assert(
    fc.property(algorithms, text, (algorithm, value) => {
      const parsers = [
        () => parsePublicKey({ algorithm, pem: value }),
        () => parsePrivateKey({ algorithm, pem: value }),
        () => parseRequestSecret(value),
      ];
      for (const parse of parsers) {
        try {
          parse();
        } catch (error) {
          assert.ok(error instanceof SchemeFault);
          assert.ok(value.length < 4 || !error.message.includes(value));
        }
      }
    }),
    parameters,
  );
});
