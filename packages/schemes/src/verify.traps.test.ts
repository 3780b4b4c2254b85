// Nothing that a sender can write makes verify pass, throw or decide by what the sender controls. K7 U9 U11 L11 P12.
// Traps ("Verifying"): short secrets, missing parts, prefix comparison, byte length, lenient decoding, parseInt,
// seconds and milliseconds, unsigned ids, signature over bytes, algorithm by header, crafted requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Accepted,
  parseSecret,
  type Refused,
  SchemeFault,
  type SchemeSecret,
  sign,
  type VerifyInput,
  verify,
} from './index.ts';

const nowMs = 1_750_000_000_000;
const koyweSecret = { id: 'current', bytes: parseSecret('koywe', 'koywe-secret-of-32-bytes-length!') };
const standardSecret = {
  id: 'current',
  bytes: parseSecret('standard-webhooks', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
};
const order = Buffer.from('{"id":"evt_1","type":"order.paid","data":{"orderId":"ord_1"}}');

function koywe(body: Uint8Array, changes: Partial<VerifyInput> = {}): VerifyInput {
  const rawHeaders = sign({ scheme: 'koywe', secrets: [koyweSecret.bytes], body, nowMs }).headers.flat();
  return { scheme: 'koywe', secrets: [koyweSecret], rawHeaders, body, nowMs, ...changes };
}

function standard(body: Uint8Array, changes: Partial<VerifyInput> = {}): VerifyInput {
  const { headers } = sign({
    scheme: 'standard-webhooks',
    secrets: [standardSecret.bytes],
    body,
    id: 'evt_1',
    nowMs,
  });
  const rawHeaders = headers.flat();
  return { scheme: 'standard-webhooks', secrets: [standardSecret], rawHeaders, body, nowMs, ...changes };
}

function accepted(input: VerifyInput): Accepted {
  const verdict = verify(input);
  assert.ok(verdict.ok, verdict.ok ? '' : verdict.reason);
  return verdict;
}

function refused(input: VerifyInput): Refused {
  const verdict = verify(input);
  assert.ok(!verdict.ok, 'refused');
  return verdict;
}

function withHeader(rawHeaders: readonly string[], name: string, value: string): string[] {
  return rawHeaders.map((text, index) => (rawHeaders[index - 1] === name && index % 2 === 1 ? value : text));
}

test('trap empty secret: a MAC made under no key is refused, also beside a good secret (CVE-2026-41432)', () => {
  const forged = { id: 'empty', bytes: new Uint8Array(0) };
  assert.equal(refused(koywe(order, { secrets: [forged] })).reason, 'secret-unusable');
  assert.equal(refused(koywe(order, { secrets: [koyweSecret, forged] })).reason, 'secret-unusable');
  assert.equal(refused(koywe(order, { secrets: [] })).reason, 'no-secret');
});

test('trap missing parts: no signature, no timestamp, no id, an unknown version, all fail', () => {
  assert.equal(refused(koywe(order, { rawHeaders: [] })).reason, 'signature-missing');
  const { rawHeaders } = standard(order);
  const without = (name: string) => rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)] !== name);
  assert.equal(
    refused(standard(order, { rawHeaders: without('webhook-signature') })).reason,
    'signature-missing',
  );
  assert.equal(
    refused(standard(order, { rawHeaders: without('webhook-timestamp') })).reason,
    'timestamp-missing',
  );
  assert.equal(refused(standard(order, { rawHeaders: without('webhook-id') })).reason, 'id-missing');
  const later = withHeader(rawHeaders, 'webhook-signature', `v2,${'A'.repeat(43)}=`);
  assert.equal(refused(standard(order, { rawHeaders: later })).reason, 'version-unknown');
});

test('trap prefix comparison: no shortened MAC passes, at any length (CVE-2024-21491)', () => {
  for (const input of [koywe(order), standard(order)]) {
    const name = input.scheme === 'koywe' ? 'Koywe-Signature' : 'webhook-signature';
    const value = input.rawHeaders[input.rawHeaders.indexOf(name) + 1] ?? '';
    for (let length = 1; length < value.length; length += 1) {
      const rawHeaders = withHeader(input.rawHeaders, name, value.slice(0, length));
      assert.equal(refused({ ...input, rawHeaders }).reason, 'signature-malformed', `${length} characters`);
    }
  }
});

test('trap byte length: 64 characters that are more bytes are a refusal, not a throw (CVE-2023-50728)', () => {
  for (const character of ['é', '\u{1F600}', '\ud800', '\u0000', '０']) {
    const input = koywe(order, { rawHeaders: ['Koywe-Signature', character.repeat(64)] });
    assert.equal(refused(input).reason, 'signature-malformed');
  }
});

test('trap lenient decoding: every single added or changed character refuses', () => {
  for (const input of [koywe(order), standard(order)]) {
    const name = input.scheme === 'koywe' ? 'Koywe-Signature' : 'webhook-signature';
    const value = input.rawHeaders[input.rawHeaders.indexOf(name) + 1] ?? '';
    for (let at = 0; at <= value.length; at += 1) {
      for (const character of [' ', '\t', '=', '-', '_', '\n', '\u0000', 'é', ',', 'G']) {
        const added = `${value.slice(0, at)}${character}${value.slice(at)}`;
        assert.ok(!verify({ ...input, rawHeaders: withHeader(input.rawHeaders, name, added) }).ok, added);
        const changed = `${value.slice(0, at)}${character}${value.slice(at + 1)}`;
        if (changed === value) continue;
        assert.ok(!verify({ ...input, rawHeaders: withHeader(input.rawHeaders, name, changed) }).ok, changed);
      }
    }
  }
});

test('trap repeated header: a second signature refuses, whichever comes first and however it is spelt', () => {
  const { rawHeaders } = koywe(order);
  const wrong = ['KOYWE-SIGNATURE', '0'.repeat(64)];
  assert.equal(refused(koywe(order, { rawHeaders: [...rawHeaders, ...wrong] })).reason, 'signature-repeated');
  assert.equal(refused(koywe(order, { rawHeaders: [...wrong, ...rawHeaders] })).reason, 'signature-repeated');
  assert.equal(
    refused(koywe(order, { rawHeaders: [...rawHeaders, ...rawHeaders] })).reason,
    'signature-repeated',
  );
});

test('trap parseInt: a timestamp is digits and nothing else, U9', () => {
  const { rawHeaders } = standard(order);
  for (const value of [
    '1750000000abc',
    ' 1750000000',
    '1750000000.5',
    '1.75e9',
    '-1',
    '0x684ee180',
    'Infinity',
    'NaN',
  ]) {
    const input = standard(order, { rawHeaders: withHeader(rawHeaders, 'webhook-timestamp', value) });
    assert.equal(refused(input).reason, 'timestamp-malformed', value);
  }
});

test('trap tolerance: both ways, to the millisecond, with the difference in the verdict, U9 L11', () => {
  const at = (clockMs: number) => verify(standard(order, { nowMs: clockMs }));
  assert.ok(at(nowMs + 300_000).ok);
  assert.ok(at(nowMs - 300_000).ok);
  assert.deepEqual(at(nowMs + 300_001), {
    ok: false,
    reason: 'timestamp-too-old',
    clockDifferenceMs: -300_001,
  });
  assert.deepEqual(at(nowMs - 300_001), {
    ok: false,
    reason: 'timestamp-too-new',
    clockDifferenceMs: 300_001,
  });
});

test('trap tolerance: one that is no number is a fault, since NaN would let every age pass', () => {
  for (const toleranceSeconds of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 86_401]) {
    assert.throws(() => verify(standard(order, { toleranceSeconds })), { code: 'TOLERANCE_INVALID' });
  }
  for (const clock of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY]) {
    assert.throws(() => verify(standard(order, { nowMs: clock })), { code: 'TIME_INVALID' });
  }
});

test('trap units: a correctly signed timestamp in milliseconds is refused and says so, U9', () => {
  const id = 'evt_1';
  // Signed a thousandfold ahead of now, the seconds written are today's milliseconds.
  const { headers } = sign({
    scheme: 'standard-webhooks',
    secrets: [standardSecret.bytes],
    body: order,
    id,
    nowMs: nowMs * 1000,
  });
  const verdict = refused(standard(order, { rawHeaders: headers.flat() }));
  assert.deepEqual(verdict, { ok: false, reason: 'timestamp-wrong-unit', clockDifferenceMs: 0 });
});

test('trap unsigned id: neither the event id nor the duplicate key comes from a header that is not signed', () => {
  const { rawHeaders } = koywe(order);
  const plain = accepted(koywe(order));
  const dressed = accepted(
    koywe(order, { rawHeaders: ['Koywe-Event-Id', 'evt_9', 'webhook-id', 'evt_9', ...rawHeaders] }),
  );
  assert.deepEqual(dressed, plain);
  assert.equal(plain.eventId, 'evt_1');
});

test('duplicate key: the same event in other bytes is the same, another event or scheme is not', () => {
  const again = accepted(koywe(Buffer.from('{ "type":"order.paid", "id":"evt_1" }')));
  assert.deepEqual(again.duplicateKey, accepted(koywe(order)).duplicateKey);
  assert.notDeepEqual(accepted(koywe(Buffer.from('{"id":"evt_2"}'))).duplicateKey, again.duplicateKey);
  assert.notDeepEqual(accepted(standard(order)).duplicateKey, again.duplicateKey);
  assert.equal(again.duplicateKey.length, 32);
});

test('duplicate key: a retry of one message under a new timestamp is the same', () => {
  const { headers } = sign({
    scheme: 'standard-webhooks',
    secrets: [standardSecret.bytes],
    body: order,
    id: 'evt_1',
    nowMs: nowMs + 60_000,
  });
  const retry = accepted(standard(order, { rawHeaders: headers.flat() }));
  assert.deepEqual(retry.duplicateKey, accepted(standard(order)).duplicateKey);
});

test('duplicate key: an id that only lossy decoding would make equal to another is not taken', () => {
  const bodies = [
    Buffer.from('{"id":"\xff"}', 'latin1'),
    Buffer.from('{"id":"\xfe"}', 'latin1'),
    Buffer.from('{"id":"\\ud800"}'),
    Buffer.from('{"id":"\\ud801"}'),
  ];
  const verdicts = bodies.map((body) => accepted(koywe(body)));
  assert.deepEqual(
    verdicts.map(({ eventId }) => eventId),
    [null, null, null, null],
  );
  assert.equal(
    new Set(verdicts.map(({ duplicateKey }) => Buffer.from(duplicateKey).toString('hex'))).size,
    4,
  );
});

test('trap signature over bytes: what a JSON round trip or a decoder would change makes another message', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['{"a":1.0}', '{"a":1}'],
    ['{"a":"\\u00e9"}', '{"a":"é"}'],
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"a":1}\n', '{"a":1}'],
    ['\ufeff{"a":1}', '{"a":1}'],
    ['{"a":"\\/"}', '{"a":"/"}'],
  ];
  for (const [sent, changed] of pairs) {
    const input = koywe(Buffer.from(sent));
    assert.ok(verify(input).ok, sent);
    assert.equal(refused({ ...input, body: Buffer.from(changed) }).reason, 'signature-mismatch', sent);
  }
});

test('trap signature over bytes: every byte value is legal input and stays itself', () => {
  const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assert.ok(verify(koywe(body)).ok);
  const changed = body.slice();
  changed[255] = 0xfe;
  assert.equal(refused({ ...koywe(body), body: changed }).reason, 'signature-mismatch');
});

test('signature over bytes: a view into a larger buffer covers its own bytes alone', () => {
  const larger = Buffer.concat([Buffer.from('{"id":"evt_0"}'), order, Buffer.from('tail')]);
  const view = new Uint8Array(larger.buffer, larger.byteOffset + 14, order.length);
  assert.equal(accepted(koywe(order, { body: view })).eventId, 'evt_1');
});

test('trap sender chooses: an algorithm, key or version named by the message decides nothing', () => {
  const { rawHeaders } = standard(order);
  const value = rawHeaders[rawHeaders.indexOf('webhook-signature') + 1] ?? '';
  for (const other of [
    value.replace('v1,', 'none,'),
    value.replace('v1,', 'v1a,'),
    value.replace('v1,', 'v0,'),
  ]) {
    const input = standard(order, { rawHeaders: withHeader(rawHeaders, 'webhook-signature', other) });
    assert.equal(refused(input).reason, 'version-unknown', other);
  }
  assert.equal(refused(koywe(order, { rawHeaders: standard(order).rawHeaders })).reason, 'signature-missing');
});

test('all secrets are tried: each position of the right one passes and is named', () => {
  const others: SchemeSecret[] = ['a', 'b', 'c'].map((id) => ({ id, bytes: Buffer.alloc(32, id) }));
  for (let at = 0; at <= others.length; at += 1) {
    const secrets = [...others.slice(0, at), koyweSecret, ...others.slice(at)];
    assert.equal(accepted(koywe(order, { secrets })).secretId, 'current');
  }
  assert.equal(refused(koywe(order, { secrets: others })).reason, 'signature-mismatch');
  const seventeen = Array.from({ length: 17 }, () => koyweSecret);
  assert.throws(() => verify(koywe(order, { secrets: seventeen })), { code: 'SECRETS_TOO_MANY' });
});

test('trap crafted request: hostile JSON under a right signature is accepted without a throw', () => {
  const deep = 100_000;
  const bodies = [
    '['.repeat(deep),
    `${'['.repeat(deep)}${']'.repeat(deep)}`,
    '{"a":'.repeat(deep),
    `{"a":${'{"id":'.repeat(deep)}1${'}'.repeat(deep)},"id":"evt_1"}`,
    `{"id":1${'0'.repeat(deep)}}`,
    '{"id":1e999999}',
    '{"id":"evt_1","id":{"id":"evt_2"}}',
    '{"__proto__":{"id":"evt_1"}}',
    `{"id":"${'\\'.repeat(deep)}`,
    `{"id":"${'\\"'.repeat(deep)}"}`,
    `{"${'\\u0069'.repeat(deep)}":1}`,
    '{"id"',
    '{"id":',
    '{"id":"',
    '{"id":"\\u00',
    '{"id":"\\x41"}',
    '}{',
    'null',
    '',
  ];
  for (const body of bodies) accepted(koywe(Buffer.from(body)));
  assert.equal(accepted(koywe(Buffer.from(bodies[3] ?? ''))).eventId, 'evt_1');
});

test('configuration: a scheme that is not in the table is a fault, also one that every object has', () => {
  const names: readonly string[] = ['', 'Stripe', '__proto__', 'constructor', 'toString'];
  for (const scheme of names) {
    const input = { ...koywe(order), scheme };
    // Called as untyped code would.
    assert.throws(
      () => Reflect.apply(verify, undefined, [input]),
      (error) => {
        assert.ok(error instanceof SchemeFault);
        return error.code === 'SCHEME_UNKNOWN';
      },
    );
  }
});
