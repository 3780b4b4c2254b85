// With reveal, explain shows the whole signed string, the expected and the received value, of every row; the secret never, wherever it
// stands, and nothing that a terminal would obey. The gateway itself never asks for it. K1 K13 K19; trap: text of strangers on a terminal.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyPair, signedInput } from '../test/samples.ts';
import { isMac } from './algorithms.ts';
import { explain, isSchemeName, SCHEMES, type VerifyInput, verify } from './index.ts';

const SEED = 20_261_126;
const reveal = { reveal: true };
const rows = Object.keys(SCHEMES)
  .filter(isSchemeName)
  .map((name) => ({ ...SCHEMES[name], name }));

function revealed(input: VerifyInput) {
  return explain(input, verify(input), reveal);
}

test('every row with a shared secret: expected is what was received, as it stands in the message', () => {
  for (const scheme of rows.filter(({ algorithm }) => isMac(algorithm))) {
    const input = signedInput(scheme.name);
    const { expected, received, outcome } = revealed(input);
    assert.equal(outcome, 'accepted', scheme.name);
    assert.ok(
      expected.some(({ mac }) => received.includes(mac)),
      scheme.name,
    );
    const message = `${input.rawHeaders.join('\n')}\n${Buffer.from(input.body).toString()}`;
    for (const mac of received) assert.ok(message.includes(mac), `${scheme.name}: ${mac}`);
  }
});

test('every row: the signed string has as many bytes as it says, and the digest of them', () => {
  for (const scheme of rows) {
    const { signed, signedBytes, signedSha256 } = revealed(signedInput(scheme.name));
    const [first] = signed;
    assert.ok(first !== undefined, scheme.name);
    const whole = first.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\\`, '\\');
    if (signedSha256 !== null) assert.equal(signedSha256, createHash('sha256').update(whole).digest('hex'));
    const length = Buffer.byteLength(whole) - (signedSha256 === null ? '{secret}'.length : 0);
    assert.equal(length, signedBytes, scheme.name);
  }
});

test('K1 K13: no row shows the secret, whatever the verdict, and even if the sender wrote it into the body', () => {
  for (const scheme of rows.filter(({ algorithm }) => isMac(algorithm))) {
    const { verifying } = keyPair(scheme);
    const buffer = Buffer.from(verifying.bytes);
    const hex = buffer.toString('hex');
    const spellings = [buffer.toString('utf8'), buffer.toString('base64'), hex, hex.toUpperCase()];
    const right = signedInput(scheme.name);
    const told = Buffer.concat([right.body, Buffer.from(spellings.join(' '))]);
    for (const input of [
      right,
      { ...right, body: told },
      { ...right, nowMs: 0 },
      { ...right, rawHeaders: [] },
    ]) {
      const written = JSON.stringify(revealed(input));
      for (const spelling of spellings) assert.ok(!written.includes(spelling), `${scheme.name}: ${spelling}`);
    }
  }
});

test('K1 K13: nor beside bytes that are no text, nor where it was sent in place of a signature', () => {
  const secret = { id: 'current', bytes: Buffer.alloc(32, 0xa7) };
  const hex = secret.bytes.toString('hex');
  const input = {
    ...signedInput('koywe'),
    secrets: [secret],
    rawHeaders: ['Koywe-Signature', hex],
    body: Buffer.concat([Buffer.from([0xff]), Buffer.from(hex), secret.bytes]),
  };
  const { received, signed } = revealed(input);
  const placeholder = Buffer.from('{secret}').toString('hex');
  assert.deepEqual([received, signed], [['{secret}'], [`hex:ff${placeholder}${placeholder}`]]);
});

test('which of several secrets fits, and what each of them would have made', () => {
  const input = signedInput('stripe');
  const other = keyPair(SCHEMES.stripe, 'other').verifying;
  const { expected, received, secretId } = revealed({ ...input, secrets: [other, ...input.secrets] });
  assert.deepEqual([secretId, expected.map(({ secretId: id }) => id)], ['current', ['other', 'current']]);
  assert.deepEqual([expected[1]?.mac], received);
  assert.notEqual(expected[0]?.mac, received[0]);
});

test('bytes that are not UTF-8 are hex; what can not be seen is escaped, so that no terminal obeys it', () => {
  const of = (body: Uint8Array) => {
    const input = signedInput('koywe', { body });
    return revealed(input);
  };
  assert.deepEqual(of(Buffer.from([0x7b, 0xff, 0x7d])).signed, ['hex:7bff7d']);
  assert.deepEqual(of(Buffer.from('a\n\u001b[2J\u202e\\n ñ💶')).signed, [
    String.raw`a\n\u{1b}[2J\u{202e}\\n ñ💶`,
  ]);
  const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const { lines } = of(Buffer.from(text));
      assert.ok(lines.every((line) => !hidden.test(line)));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('no row shows more than before without it', () => {
  for (const scheme of rows) {
    const input = signedInput(scheme.name);
    const { signed, received, expected } = explain(input, verify(input));
    assert.deepEqual(signed, [], scheme.name);
    for (const mac of [...received, ...expected.map((one) => one.mac)])
      assert.equal(mac.length, 9, scheme.name);
  }
});

test('the gateway, which handles messages of strangers, never asks for it', () => {
  const folder = join(import.meta.dirname, '../../../gateway/src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  assert.ok(files.length > 100);
  for (const file of files)
    assert.doesNotMatch(
      readFileSync(join(folder, file), 'utf8'),
      /\breveal: true|\bexplain\b[^}]*\} from '@sallyport\/schemes'/,
      file,
    );
});
