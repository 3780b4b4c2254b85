// The platforms' own packages still say what vectors/oracles has of them, take whatever we sign, and sign what we accept. K7 U11.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Adapter } from './adapters/adapter.ts';
import { ADAPTERS } from './adapters/adapters.ts';
import { askToSign, askToVerify, joinedHeaders } from './ask.ts';
import { NOW_MS } from './model/model.ts';
import { signOurs, verifyOurs } from './ours.ts';
import { messagesToSign, recordOf, recordUrl, type Unsigned } from './record.ts';
import { readJson } from './vector-file.ts';
import { withWords } from './words.ts';

test('every adapter has a record, and every record an adapter', () => {
  const names = ADAPTERS.map(({ scheme }) => `${scheme}.json`);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(readdirSync(new URL('.', recordUrl('x'))).sort(), names.sort());
});

for (const adapter of ADAPTERS) {
  test(`${adapter.scheme}: ${adapter.package} says what was written down`, async () => {
    // By way of JSON, which knows no undefined.
    const now: unknown = JSON.parse(JSON.stringify(await recordOf(adapter)));
    assert.deepEqual(now, readJson(`../vectors/oracles/${adapter.scheme}.json`));
  });

  test(`${adapter.scheme}: ${adapter.package} takes what we sign, and we what it signs, whatever is in the body`, async () => {
    await fc.assert(
      fc.asyncProperty(texts, (words) => agree(adapter, words)),
      { numRuns: 20, seed: 1 },
    );
  });
}

/** No lone surrogates, which are no UTF-8, and nothing that the schemes for JSON would find twice. */
const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 24 }), { minLength: 1, maxLength: 4 });

async function agree(adapter: Adapter, words: readonly string[]): Promise<void> {
  const message = messageWith(adapter.scheme, words);
  const { nowMs, parameters, url, target } = message;
  const secret = message.verifier ?? message.secret;
  const ours = signOurs(adapter.scheme, message);
  const asked = { secret, url, target, parameters };
  const send = (signed: { headers: typeof ours.headers; body: Buffer }) => ({
    message: { ...asked, headers: joinedHeaders(signed.headers), body: signed.body },
    nowMs,
  });
  assert.ok(await askToVerify(adapter, send(ours)), 'it does not take what we sign');
  assert.ok(verifyOurs(adapter.scheme, { ...asked, ...ours, nowMs }), 'we do not accept what we sign');
  if (adapter.sign === null) return;
  const body = Buffer.from(message.unsignedBase64, 'base64');
  const theirs = await askToSign(adapter, { ...message, body });
  assert.ok(verifyOurs(adapter.scheme, { ...asked, ...theirs, nowMs }), 'we do not accept what it signs');
}

/** The message of the record with those words in it, under a key pair of its own where the scheme has one. */
function messageWith(scheme: string, words: readonly string[]): Unsigned & { readonly verifier?: string } {
  const [known] = messagesToSign(scheme);
  const unsigned = Buffer.from(known?.unsignedBase64 ?? '', 'base64').toString();
  const unsignedBase64 = Buffer.from(withWords(unsigned, words.join(' '))).toString('base64');
  if (known !== undefined) return { ...known, unsignedBase64 };
  const { publicKey, privateKey } = pair(scheme);
  const moment = { id: 'nonce_1', nowMs: NOW_MS, parameters: { keyId: 'key_1' }, url: '', target: '' };
  return { ...moment, secret: privateKey, verifier: publicKey, unsignedBase64 };
}

function pair(scheme: string): { readonly publicKey: string; readonly privateKey: string } {
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;
  return scheme === 'plaid'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding, privateKeyEncoding })
    : generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding, privateKeyEncoding });
}
