// Every vector in vectors/requests comes out as it says, the invalid ones with their reason, and no file is empty. U8 U9 P12.
// Traps ("Request signatures and keys", "Verifying"): coverage chosen by the client, rewritten targets, lenient decoding, units.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseRequestVectorFile, readRequestVectorFile } from '../../test/request-vector-file.ts';
import { REQUEST_REASONS, REQUEST_SCHEMES, type RequestSchemeName, verifyRequest } from '../index.ts';
import { computeMac } from '../mac.ts';

const folder = new URL('../../../../vectors/requests/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, file: readRequestVectorFile(new URL(name, folder)) }));

const schemeNames: readonly RequestSchemeName[] = Object.values(REQUEST_SCHEMES).map(({ name }) => name);

test('every scheme of the table has a vector file', () => {
  assert.deepEqual(files.map(({ file }) => file.scheme).sort(), [...schemeNames].sort());
});

test('every reason is reached by a vector', () => {
  const reached = new Set(
    files.flatMap(({ file }) => file.vectors.flatMap(({ expect }) => (expect.ok ? [] : [expect.reason]))),
  );
  assert.deepEqual([...reached].sort(), REQUEST_REASONS.map(({ reason }) => reason).sort());
});

for (const { name, file } of files) {
  const scheme = schemeNames.find((candidate) => candidate === file.scheme);
  assert.ok(scheme !== undefined, `${name} names a scheme of the table`);

  for (const { name: title, secret, content, macHex } of file.macs) {
    test(`${name}: MAC of ${title}`, () => {
      const made = computeMac({ algorithm: 'hmac-sha256', secret, chunks: [content] });
      assert.equal(Buffer.from(made).toString('hex'), macHex);
    });
  }

  for (const { name: title, expect, ...request } of file.vectors) {
    test(`${name}: ${title}`, async () => {
      const verdict = await verifyRequest({ scheme, ...request });
      if (!verdict.ok) {
        assert.deepEqual({ ok: false, reason: verdict.reason }, expect);
        return;
      }
      const { ok, keyId, signerId, mac, createdMs, expiresMs, nonce } = verdict;
      const macHex = Buffer.from(mac).toString('hex');
      assert.deepEqual({ ok, keyId, signerId, macHex, createdMs, expiresMs, nonce }, expect);
      assert.deepEqual(verdict.notCovered, REQUEST_SCHEMES[scheme].notCovered);
    });
  }
}

test('a vector file without valid or without invalid requests fails', () => {
  const [first] = files;
  assert.ok(first !== undefined);
  const whole = JSON.parse(readFileSync(new URL(first.name, folder), 'utf8'));
  assert.doesNotThrow(() => parseRequestVectorFile(whole));
  assert.throws(() => parseRequestVectorFile({ ...whole, vectors: [] }), /without a valid request/);
  const valid = whole.vectors.slice(0, 1);
  assert.throws(() => parseRequestVectorFile({ ...whole, vectors: valid }), /without an invalid request/);
});
