// Signature bases come out as RFC 9421's own examples write them, and their signatures verify over them. U8 P12.
import assert from 'node:assert/strict';
import { constants, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { list, record, text } from '../../test/vector-file.ts';
import { contentDigestRefusal } from './content-digest.ts';
import { fits } from './key-signature.ts';
import { parsePublicKey } from './request-key.ts';
import { signatureBase } from './signature-base.ts';
import { parseDictionary } from './structured-fields.ts';

const file = record(
  JSON.parse(
    readFileSync(
      new URL('../../../../vectors/http-signatures/rfc9421-appendix-b.json', import.meta.url),
      'utf8',
    ),
  ),
);
const vectors = list(file.vectors).map(record);
const keys = record(file.keys);

/** RSA and ECDSA are none of ours: they are checked by node:crypto, the base alone being tested. */
async function isRight(key: Record<string, unknown>, base: string, signature: Uint8Array): Promise<boolean> {
  const chunks = [base];
  switch (key.algorithm) {
    case 'hmac-sha256': {
      const secret = Buffer.from(text(key.secretBase64), 'base64');
      return await fits({ id: '', algorithm: 'hmac-sha256', secret }, { chunks, signature });
    }
    case 'ed25519': {
      const publicKey = parsePublicKey({ algorithm: 'ed25519', pem: text(key.publicKeyPem) });
      return await fits({ id: '', algorithm: 'ed25519', publicKey }, { chunks, signature });
    }
    case 'rsa-pss-sha512': {
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
      const publicKey = { key: createPublicKey(text(key.publicKeyPem)), ...padding };
      return verify('sha512', Buffer.from(base), publicKey, signature);
    }
    default: {
      assert.equal(key.algorithm, 'ecdsa-p256-sha256');
      const publicKey = createPublicKey(text(key.publicKeyPem));
      return verify('sha256', Buffer.from(base), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
    }
  }
}

for (const vector of vectors) {
  test(`RFC 9421 ${text(vector.name)}`, async () => {
    const label = text(vector.label);
    const input = parseDictionary(text(vector.signatureInput))?.get(label);
    const signature = parseDictionary(text(vector.signature))?.get(label);
    assert.ok(input?.kind === 'inner-list' && signature?.kind === 'item' && signature.value.kind === 'bytes');
    const given = list(vector.components).map((pair) => list(pair).map(text));
    assert.deepEqual(
      input.items.map((item) => item.text),
      given.map(([identifier]) => identifier),
    );
    const components = input.items.map((item, index) => ({
      identifier: item.text,
      value: given[index]?.[1] ?? '',
    }));
    const base = signatureBase({ components, parameters: input.text });
    assert.equal(base, text(vector.base));
    const key = record(keys[text(vector.keyId)]);
    assert.ok(await isRight(key, base, signature.value.value));
    // The invalid cases: another base, another signature.
    assert.ok(!(await isRight(key, `${base} `, signature.value.value)));
    const changed = Uint8Array.from(signature.value.value);
    changed[7] = (changed[7] ?? 0) ^ 1;
    assert.ok(!(await isRight(key, base, changed)));
  });
}

test('the digests of its messages vouch for their bodies and for no others', () => {
  const body = record(file.body);
  const [request, response] = [Buffer.from(text(body.request)), Buffer.from(text(body.response))];
  assert.equal(contentDigestRefusal(text(body.requestDigest), request), null);
  assert.equal(contentDigestRefusal(text(body.responseDigest), response), null);
  assert.equal(contentDigestRefusal(text(body.requestDigest), response), 'digest-mismatch');
});

test('there are vectors of every algorithm', () => {
  const used = new Set(vectors.map(({ keyId }) => record(keys[text(keyId)]).algorithm));
  assert.deepEqual([...used].sort(), ['ecdsa-p256-sha256', 'ed25519', 'hmac-sha256', 'rsa-pss-sha512']);
  assert.ok(vectors.length >= 7);
});
