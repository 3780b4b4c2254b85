// What went wrong elsewhere goes wrong here with a named refusal: coverage, order, algorithms, replays, encodings. U8 U9 P12 L11.
// Traps ("Request signatures and keys", "Verifying"): client-chosen coverage, unsigned dates, the MAC remembered decoded,
// rewritten targets, algorithm by header, repeated headers, parseInt.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  REQUEST_SCHEMES,
  type RequestKey,
  type RequestSchemeName,
  readRequestSignature,
  SchemeFault,
  type SignRequestInput,
  signRequest,
  type VerifyRequestInput,
  verifyRequest,
} from '../index.ts';

const nowMs = 1_750_000_000_000;
const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const key: RequestKey = { id: 'current', algorithm: 'hmac-sha256', secret };
const body = Buffer.from('{"amount":100}');
const authority = 'gateway.test';
const own = ['Host', authority, 'Content-Type', 'application/json'];

async function signed(
  scheme: RequestSchemeName,
  changes: Partial<SignRequestInput> = {},
): Promise<VerifyRequestInput> {
  const input = {
    scheme,
    keyId: 'key_1',
    key: { algorithm: 'hmac-sha256', secret } as const,
    method: 'POST',
    target: '/out/con_1/v1/pay?x=1',
    body,
    nowMs,
    authority,
    rawHeaders: own,
    nonce: 'n-0123456789abcdef',
    ...changes,
  };
  const rawHeaders = [...own, ...(await signRequest(input)).flat()];
  const { method, target } = input;
  return { scheme, method, target, authority, rawHeaders, body: input.body, keys: [key], nowMs };
}

async function reasonOf(input: VerifyRequestInput): Promise<string> {
  const verdict = await verifyRequest(input);
  return verdict.ok ? 'accepted' : verdict.reason;
}

function replaced(
  input: VerifyRequestInput,
  change: (name: string, value: string) => string,
): VerifyRequestInput {
  const rawHeaders = input.rawHeaders.map((text, at) =>
    at % 2 === 1 ? change((input.rawHeaders[at - 1] ?? '').toLowerCase(), text) : text,
  );
  return { ...input, rawHeaders };
}

test('trap coverage chosen by the client: a list signed by the right key that leaves something out is refused', async () => {
  const input = await signed('rfc9421');
  const params = `;created=${nowMs / 1000};expires=${nowMs / 1000 + 60};keyid="key_1";nonce="n-0123456789abcdef";tag="sallyport"`;
  for (const list of [
    '()',
    '("@method" "content-digest" "content-type")',
    '("date")',
    '("@method";req "@target-uri")',
  ]) {
    const base = `"@signature-params": ${list}${params}`;
    const mac = createHmac('sha256', secret).update(base).digest('base64');
    const forged = replaced(input, (name, value) => {
      if (name === 'signature-input') return `sallyport=${list}${params}`;
      return name === 'signature' ? `sallyport=:${mac}:` : value;
    });
    assert.match(await reasonOf(forged), /^(?:coverage-too-small|component-unknown|input-malformed)$/, list);
  }
});

test('trap unsigned date: neither a Date header nor a fresh timestamp beside an old MAC makes a request young', async () => {
  const later = { nowMs: nowMs + 600_000 };
  const old = await signed('rfc9421');
  const dated = {
    ...old,
    ...later,
    rawHeaders: [...old.rawHeaders, 'Date', new Date(nowMs + 600_000).toUTCString()],
  };
  assert.equal(await reasonOf(dated), 'timestamp-too-old');
  const fresh = replaced(await signed('mintmove'), (name, value) =>
    name === 'x-api-timestamp' ? String(nowMs / 1000 + 600) : value,
  );
  assert.equal(await reasonOf({ ...fresh, ...later }), 'signature-mismatch');
});

test('trap replay: of one signature there is one spelling, hence one MAC to remember', async () => {
  for (const { name: scheme } of Object.values(REQUEST_SCHEMES)) {
    const input = await signed(scheme);
    const first = await verifyRequest(input);
    assert.ok(first.ok, scheme);
    for (const change of [
      (text: string) => text.toUpperCase(),
      (text: string) => `${text} `,
      (text: string) => `${text}0`,
    ]) {
      const spelt = replaced(input, (name, value) =>
        /sign|^authorization$/.test(name) ? change(value) : value,
      );
      assert.notEqual(await reasonOf(spelt), 'accepted', scheme);
    }
    const again = await verifyRequest({ ...input, nowMs: nowMs + 1000 });
    assert.ok(again.ok && Buffer.from(again.mac).equals(first.mac));
  }
});

test('trap rewritten target: signed as written, so what another reader would make of it is another request', async () => {
  const input = await signed('rfc9421', { target: '/v1/a%62c?q=a+b' });
  assert.equal(await reasonOf(input), 'accepted');
  for (const target of [
    '/v1/abc?q=a+b',
    '/v1/a%62c?q=a%20b',
    '/v1/a%62c',
    '/V1/a%62c?q=a+b',
    '/v1/a%62c?q=a+b&',
  ]) {
    assert.equal(await reasonOf({ ...input, target }), 'signature-mismatch', target);
  }
  for (const target of ['/a/../b', '/a/%2e%2e/b', '/a/%2E./b', '//b', '/a%2fb', '/a%5Cb', '/a%00', '/a/.']) {
    assert.equal(await reasonOf({ ...input, target }), 'target-ambiguous', target);
    const shape = { scheme: 'mintmove', keyId: 'k', key: { algorithm: 'hmac-sha256', secret } } as const;
    await assert.rejects(signRequest({ ...shape, method: 'GET', target, body, nowMs }), {
      code: 'REQUEST_MALFORMED',
    });
  }
});

test('trap sender chooses: the algorithm is the key’s, and a public key is no secret', async () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const ed: RequestKey = { id: 'ed', algorithm: 'ed25519', publicKey };
  for (const bytes of [
    Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })),
    publicKey.export({ type: 'spki', format: 'der' }),
    publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
  ]) {
    const input = await signed('rfc9421', { key: { algorithm: 'hmac-sha256', secret: bytes } });
    assert.equal(await reasonOf({ ...input, keys: [ed] }), 'algorithm-mismatch');
    const unnamed = replaced(input, (_, value) => value.replace(';alg="hmac-sha256"', ''));
    assert.equal(await reasonOf({ ...unnamed, keys: [ed] }), 'signature-mismatch');
  }
});

test('trap repeated header: a second one of any that counts is refused, whichever comes first', async () => {
  for (const { name: scheme } of Object.values(REQUEST_SCHEMES)) {
    const input = await signed(scheme);
    for (let at = own.length; at < input.rawHeaders.length; at += 2) {
      const name = input.rawHeaders[at] ?? '';
      for (const value of [input.rawHeaders[at + 1] ?? '', 'x', '']) {
        const behind = [...input.rawHeaders, name.toUpperCase(), value];
        const before = [name.toLowerCase(), value, ...input.rawHeaders];
        assert.notEqual(await reasonOf({ ...input, rawHeaders: behind }), 'accepted', name);
        assert.notEqual(await reasonOf({ ...input, rawHeaders: before }), 'accepted', name);
      }
    }
  }
});

test('U9: seconds where the scheme has seconds; milliseconds are named as the mistake, with the clocks compared', async () => {
  // Signed a thousandfold ahead of now, the seconds written would be today's milliseconds.
  const milliseconds = String(nowMs);
  const content = `POST/v1${body.toString()}${milliseconds}`;
  const mac = createHmac('sha256', secret).update(content).digest('hex');
  const rawHeaders = ['X-API-KEY', 'key_1', 'X-API-TIMESTAMP', milliseconds, 'X-API-SIGN', mac];
  const verdict = await verifyRequest({
    ...(await signed('mintmove', { target: '/v1' })),
    rawHeaders,
  });
  assert.deepEqual(verdict, { ok: false, reason: 'timestamp-wrong-unit', clockDifferenceMs: 0 });
});

test('the key can be looked up in between, and a request without a signature is neither right nor wrong', async () => {
  for (const { name: scheme } of Object.values(REQUEST_SCHEMES)) {
    const read = readRequestSignature(await signed(scheme));
    assert.ok(read?.ok);
    assert.deepEqual([read.keyId, read.createdMs], ['key_1', nowMs]);
    assert.equal(readRequestSignature({ scheme, rawHeaders: own }), null);
    const bearer = [
      'Authorization',
      'Bearer sk_test_syp_x',
      'X-API-KEY',
      'key_1',
      'Content-Digest',
      'sha-256=::',
    ];
    assert.equal(readRequestSignature({ scheme, rawHeaders: bearer }), null);
  }
});

test('all keys are tried: each position of the right one passes and is named', async () => {
  const input = await signed('mintmove');
  const others: RequestKey[] = ['a', 'b', 'c'].map((id) => ({ ...key, id, secret: Buffer.alloc(32, id) }));
  for (let at = 0; at <= others.length; at += 1) {
    const verdict = await verifyRequest({
      ...input,
      keys: [...others.slice(0, at), key, ...others.slice(at)],
    });
    assert.ok(verdict.ok && verdict.signerId === 'current');
  }
  assert.equal(await reasonOf({ ...input, keys: others }), 'signature-mismatch');
});

test('only the caller’s mistakes reject', async () => {
  const input = await signed('mintmove');
  await assert.rejects(verifyRequest({ ...input, keys: Array.from({ length: 17 }, () => key) }), {
    code: 'SECRETS_TOO_MANY',
  });
  for (const clock of [Number.NaN, -1, 0.5]) {
    await assert.rejects(verifyRequest({ ...input, nowMs: clock }), { code: 'TIME_INVALID' });
  }
  for (const scheme of ['', 'orda', '__proto__', 'constructor']) {
    // Called as untyped code would.
    await assert.rejects(Reflect.apply(verifyRequest, undefined, [{ ...input, scheme }]), (error) => {
      assert.ok(error instanceof SchemeFault);
      return error.code === 'SCHEME_UNKNOWN';
    });
  }
});

test('what could not be verified is not signed', async () => {
  const cases: readonly (readonly [Partial<SignRequestInput>, string])[] = [
    [{ keyId: '' }, 'KEY_ID_MALFORMED'],
    [{ keyId: 'a b' }, 'KEY_ID_MALFORMED'],
    [{ method: 'post' }, 'REQUEST_MALFORMED'],
    [{ target: 'v1' }, 'REQUEST_MALFORMED'],
    [{ authority: 'a@b' }, 'REQUEST_MALFORMED'],
    [{ authority: undefined }, 'REQUEST_MALFORMED'],
    [{ rawHeaders: ['Content-Digest', 'sha-256=::'] }, 'REQUEST_MALFORMED'],
    [{ rawHeaders: ['signature', 'x'] }, 'REQUEST_MALFORMED'],
    [{ rawHeaders: ['Content-Type', 'a', 'content-type', 'b'] }, 'REQUEST_MALFORMED'],
    [{ rawHeaders: ['Content-Type', 'é'] }, 'REQUEST_MALFORMED'],
    [{ nonce: undefined }, 'NONCE_MALFORMED'],
    [{ nonce: 'n'.repeat(15) }, 'NONCE_MALFORMED'],
    [{ lifetimeSeconds: 0 }, 'LIFETIME_INVALID'],
    [{ lifetimeSeconds: 601 }, 'LIFETIME_INVALID'],
    [{ nowMs: 1_750_000_000 }, 'TIME_INVALID'],
    [{ nowMs: Number.NaN }, 'TIME_INVALID'],
  ];
  for (const [changes, code] of cases) await assert.rejects(signed('rfc9421', changes), { code });
  await assert.rejects(signed('mintmove', { body: Buffer.from('a=b') }), { code: 'BODY_AMBIGUOUS' });
  await assert.rejects(signed('voluti', { keyId: 'a:b' }), { code: 'KEY_ID_MALFORMED' });
  const { privateKey } = generateKeyPairSync('ed25519');
  const ed = { algorithm: 'ed25519', privateKey } as const;
  await assert.rejects(signed('mintmove', { key: ed }), { code: 'KEY_MALFORMED' });
});
