// A checkpoint counts only if the one right key signed exactly this text for exactly this log (C2SP tlog-checkpoint).
import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  EvidenceError,
  encodeVerifierKey,
  parseCheckpoint,
  parseVerifierKey,
  rootOf,
  signCheckpoint,
  verifyCheckpoint,
} from '../index.ts';
import { parseNote } from './note.ts';

const origin = 'sallyport/env_1';
const { privateKey: key, publicKey } = generateKeyPairSync('ed25519');
const { privateKey: otherKey } = generateKeyPairSync('ed25519');
const vkey = encodeVerifierKey({ name: origin, key: publicKey });
const root = rootOf([]);
const time = '2026-01-31T23:59:59.000Z';
const note = signCheckpoint({ origin, size: 7, root, key, time });

// The published key pair of the tests of golang.org/x/mod/sumdb/note.
const goVerifierKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const goKey = createPrivateKey({
  key: Buffer.concat([
    // PKCS #8 header of an Ed25519 seed (RFC 8410 section 7).
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1),
  ]),
  format: 'der',
  type: 'pkcs8',
});

test('keys are written as the Go implementation writes them', () => {
  assert.equal(encodeVerifierKey({ name: 'PeterNeumann', key: goKey }), goVerifierKey);
  for (const text of [
    goVerifierKey,
    'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
    'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
    'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  ]) {
    const parsed = parseVerifierKey(text);
    assert.ok(parsed.ok);
    assert.equal(encodeVerifierKey({ name: parsed.name, key: parsed.publicKey }), text);
  }
});

test('a note of the Go implementation is read and its signature holds', () => {
  const parsed = parseNote(
    'If you think cryptography is the answer to your problem,\n' +
      "then you don't know what your problem is.\n\n" +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  );
  const signature = parsed?.signatures[0];
  assert.ok(parsed !== null && signature !== undefined);
  assert.equal(signature.keyId, 'c74f20a3');
  const key = parseVerifierKey(goVerifierKey);
  assert.ok(key.ok);
  assert.ok(verify(null, Buffer.from(parsed.text), key.publicKey, signature.signature));
  const own = signCheckpoint({ origin: 'PeterNeumann', size: 1, root, key: goKey });
  assert.ok(verifyCheckpoint(own, goVerifierKey).ok);
});

test('the example of the specification is read', () => {
  const parsed = parseCheckpoint(
    'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
      '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n',
  );
  assert.ok(parsed.ok);
  assert.equal(parsed.size, 20_852_163);
});

test('a signed checkpoint verifies and says what was signed', () => {
  assert.deepEqual(verifyCheckpoint(note, vkey), {
    ok: true,
    origin,
    size: 7,
    root: Buffer.from(root),
    time,
  });
  const plain = verifyCheckpoint(signCheckpoint({ origin, size: 0, root, key }), vkey);
  assert.ok(plain.ok);
  assert.equal(plain.time, null);
});

test('another key, another environment, no signature: refused, each with its reason', () => {
  const reason = (text: string, verifierKey = vkey): string => {
    const verdict = verifyCheckpoint(text, verifierKey);
    return verdict.ok ? 'ok' : verdict.reason;
  };
  assert.equal(reason(signCheckpoint({ origin, size: 7, root, key: otherKey })), 'not-signed-by-key');
  assert.equal(reason(signCheckpoint({ origin: 'sallyport/env_2', size: 7, root, key })), 'wrong-origin');
  assert.equal(reason(note.replace('\n7\n', '\n8\n')), 'signature-invalid');
  assert.equal(reason(note, `${vkey}x`), 'key-malformed');
  assert.equal(reason(note, ''), 'key-malformed');
  assert.equal(reason(note.slice(0, note.lastIndexOf('—'))), 'malformed');
});

test('signatures of strangers are ignored, a failing one of the key is not', () => {
  const [signature = ''] = note.split('\n').slice(-2);
  assert.ok(
    verifyCheckpoint(`${note}— witness.example ${Buffer.alloc(76, 1).toString('base64')}\n`, vkey).ok,
  );
  const failing = signature.replace(/[^ ]+$/, (base64) => {
    const bytes = Buffer.from(base64, 'base64');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    return bytes.toString('base64');
  });
  assert.ok(!verifyCheckpoint(`${note}${failing}\n`, vkey).ok);
});

test('texts that are not checkpoints are refused', () => {
  const spoilt = [
    '',
    '\n',
    '\n\n',
    note.slice(0, -1),
    `${note}\n`,
    note.replaceAll('\n', '\r\n'),
    note.replace('— ', '- '),
    note.replace('\n7\n', '\n07\n'),
    note.replace('\n7\n', '\n-7\n'),
    note.replace('\n7\n', '\n7.0\n'),
    note.replace('\n7\n', '\n9999999999999999\n'),
    note.replace('47DEQ', '47DE='),
    note.replace(time, 'yesterday'),
    note.replace('time ', `time ${time}\ntime `),
    `\ud800${note}`,
    note.replace(origin, ''),
    'x'.repeat(100_000),
    `${note}${'— a AAAAAAAA\n'.repeat(100)}`,
  ];
  for (const text of spoilt) assert.ok(!verifyCheckpoint(text, vkey).ok, JSON.stringify(text.slice(0, 80)));
});

test('no altered character passes', () => {
  fc.assert(
    fc.property(fc.nat(note.length - 1), fc.string({ maxLength: 2 }), (at, text) => {
      const altered = note.slice(0, at) + text + note.slice(at + 1);
      assert.equal(verifyCheckpoint(altered, vkey).ok, altered === note);
    }),
    { seed: 25519, numRuns: 500 },
  );
});

test('keys that are not keys are refused', () => {
  const encoded = goVerifierKey.split('+').slice(2).join('+');
  for (const text of [
    'PeterNeumann+c74f20a3',
    'PeterNeumann+c74f20a3+!!!!',
    `PeterNeumann+c74f20a4+${encoded}`,
    `PeterNeumann+C74F20A3+${encoded}`,
    `Peter Neumann+c74f20a3+${encoded}`,
    `+c74f20a3+${encoded}`,
    `PeterNeumann+c74f20a3+${encoded}==`,
    `${goVerifierKey}\n`,
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  ]) {
    assert.ok(!parseVerifierKey(text).ok, text);
  }
  assert.throws(() => encodeVerifierKey({ name: 'a b', key: publicKey }), EvidenceError);
  assert.throws(
    () => encodeVerifierKey({ name: 'a', key: generateKeyPairSync('x25519').publicKey }),
    EvidenceError,
  );
  assert.throws(() => signCheckpoint({ origin, size: 1, root, key: publicKey }), EvidenceError);
  assert.throws(() => signCheckpoint({ origin, size: -1, root, key }), EvidenceError);
  assert.throws(() => signCheckpoint({ origin: 'a\nb', size: 1, root, key }), EvidenceError);
  assert.throws(() => signCheckpoint({ origin, size: 1, root: Buffer.alloc(31), key }), EvidenceError);
});
