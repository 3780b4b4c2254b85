// Inside a header, too, nothing may be there twice, of another kind, or for another purpose. K7 U9 U11 L11.
// Traps ("Verifying"): unknown version, repeated keys, seconds and milliseconds, a test signature for a live one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyPair, nowMs, sampleOf, signedInput, withHeader } from '../test/samples.ts';
import { SCHEMES, type SchemeName, sign, type VerifyInput, verify } from './index.ts';

function outcome(input: VerifyInput): string {
  const verdict = verify(input);
  return verdict.ok ? 'accepted' : verdict.reason;
}

function changed(scheme: SchemeName, change: (value: string) => string): string {
  const input = signedInput(scheme);
  const header = SCHEMES[scheme].headers.signature ?? '';
  const value = input.rawHeaders[input.rawHeaders.indexOf(header) + 1] ?? '';
  return outcome({ ...input, rawHeaders: withHeader(input.rawHeaders, header, change(value)) });
}

test('pairs: the time once, the signature of the known key, others passed over if they are pairs at all', () => {
  assert.equal(
    changed('stripe', (value) => `${value},v0=abc`),
    'accepted',
  );
  assert.equal(
    changed('stripe', (value) => `v0=,${value}`),
    'accepted',
  );
  assert.equal(
    changed('stripe', (value) => `${value},${value.split(',')[1] ?? ''}`),
    'accepted',
  );
  assert.equal(
    changed('stripe', (value) => value.split(',').toReversed().join(',')),
    'accepted',
  );
  assert.equal(
    changed('stripe', (value) => `${value},v1=${'0'.repeat(64)}`),
    'accepted',
  );
  assert.equal(
    changed('stripe', (value) => `${value},t=1750000000`),
    'timestamp-repeated',
  );
  assert.equal(
    changed('stripe', (value) => `t=1,${value}`),
    'timestamp-repeated',
  );
  assert.equal(
    changed('stripe', (value) => value.replace('v1=', 'v2=')),
    'version-unknown',
  );
  assert.equal(
    changed('stripe', (value) => value.replace(/t=[0-9]+,/, '')),
    'timestamp-missing',
  );
  assert.equal(
    changed('stripe', (value) => value.replace(/t=[0-9]+/, 't=')),
    'timestamp-missing',
  );
  assert.equal(
    changed('stripe', (value) => value.replace(/t=[0-9]+/, 't=1750000000abc')),
    'timestamp-malformed',
  );
  for (const rest of [',', ',v1', ',v1=', ',=x', ', v1=x', ';', ',v0=é', `,${'v0=a,'.repeat(16)}v0=a`])
    assert.equal(
      changed('stripe', (value) => `${value}${rest}`),
      'signature-malformed',
      rest,
    );
  assert.equal(
    changed('liasonpay', (value) => `${value},${value.split(',')[1] ?? ''}`),
    'signature-repeated',
  );
  assert.equal(
    changed('workos', (value) => value.replace(', ', ',')),
    'accepted',
  );
  assert.equal(
    changed('workos', (value) => value.replace(', ', ',  ')),
    'signature-malformed',
  );
});

test('PayMongo: a signature of the test mode does not pass for a live one, nor the other way round', () => {
  for (const mode of ['test', 'live']) {
    const sample = sampleOf(SCHEMES.paymongo);
    const input = signedInput('paymongo', { parameters: { ...sample.parameters, mode } });
    const header = input.rawHeaders[1] ?? '';
    assert.match(header, mode === 'live' ? /,te=,li=[0-9a-f]{64}$/ : /,te=[0-9a-f]{64},li=$/);
    const other = { ...input, parameters: { mode: mode === 'live' ? 'test' : 'live' } };
    assert.equal(outcome(other), 'signature-malformed');
  }
  const input = signedInput('paymongo');
  assert.throws(() => verify({ ...input, parameters: {} }), { code: 'PARAMETER_MISSING' });
  assert.throws(() => verify({ ...input, parameters: { mode: 'toString' } }), { code: 'PARAMETER_INVALID' });
});

test('stamped and versioned lists', () => {
  assert.equal(
    changed('recurly', (value) => `${value},${'0'.repeat(64)}`),
    'accepted',
  );
  assert.equal(
    changed('liasonpay-unlabelled', (value) => `${value},${'0'.repeat(64)}`),
    'signature-repeated',
  );
  assert.equal(
    changed('recurly', (value) => value.replace(/^[0-9]+/, '')),
    'timestamp-missing',
  );
  assert.equal(
    changed('recurly', (value) => value.split(',')[1] ?? ''),
    'signature-malformed',
  );
  assert.equal(
    changed('revolut', (value) => `v2=abc,${value}`),
    'accepted',
  );
  assert.equal(
    changed('revolut', (value) => value.replace('v1=', 'v2=')),
    'version-unknown',
  );
  assert.equal(
    changed('standard-webhooks-v1a', (value) => value.replace('v1a,', 'v1,')),
    'version-unknown',
  );
});

test('Mollie: in a rotation the header is there twice, and one that is no signature still refuses both', () => {
  const [current, next] = [keyPair(SCHEMES.mollie), keyPair(SCHEMES.mollie, 'next')];
  const { body } = sampleOf(SCHEMES.mollie);
  const { headers } = sign({ scheme: 'mollie', secrets: [current.signing, next.signing], body, nowMs });
  assert.equal(headers.length, 2);
  const input = { scheme: 'mollie', rawHeaders: headers.flat(), body, nowMs } as const;
  for (const { verifying } of [current, next])
    assert.equal(outcome({ ...input, secrets: [verifying] }), 'accepted');
  const rawHeaders = [...input.rawHeaders, 'x-mollie-signature', 'sha256='];
  assert.equal(outcome({ ...input, rawHeaders, secrets: [current.verifying] }), 'signature-malformed');
});

test('a sender in a rotation signs with every secret where the form has room for it, else with the first', () => {
  for (const scheme of ['standard-webhooks', 'stripe', 'paddle', 'revolut', 'recurly', 'svix'] as const) {
    const [current, old] = [keyPair(SCHEMES[scheme]), keyPair(SCHEMES[scheme], 'old')];
    const { headers, body } = sign({
      scheme,
      secrets: [current.signing, old.signing],
      nowMs,
      ...sampleOf(SCHEMES[scheme]),
    });
    for (const { verifying } of [current, old])
      assert.equal(
        outcome({ scheme, secrets: [verifying], rawHeaders: headers.flat(), body, nowMs }),
        'accepted',
      );
  }
  const [current, old] = [keyPair(SCHEMES.github), keyPair(SCHEMES.github, 'old')];
  const { body } = sampleOf(SCHEMES.github);
  const { headers } = sign({ scheme: 'github', secrets: [current.signing, old.signing], body, nowMs });
  const input = { scheme: 'github', rawHeaders: headers.flat(), body, nowMs } as const;
  assert.equal(outcome({ ...input, secrets: [current.verifying] }), 'accepted');
  assert.equal(outcome({ ...input, secrets: [old.verifying] }), 'signature-mismatch');
});

test('Mercado Pago: absent parts are left out, and adding or taking one away changes what is signed', () => {
  const input = signedInput('mercado-pago');
  for (const target of ['/in/1?data.id=pay1', '/in/1?data.id=PAY1', '/in/1?type=payment&data.id=PAY1'])
    assert.equal(outcome({ ...input, target }), 'accepted', target);
  for (const target of ['/in/1', '/in/1?data.id=PAY2', '/in/1?id=PAY1'])
    assert.equal(outcome({ ...input, target }), 'signature-mismatch', target);
  for (const target of [
    '?data.id=PAY1&data.id=PAY1',
    '?data.id=',
    '?data.id',
    '?data.id=PAY1;ts:1',
    '?data.id=%50AY1',
  ])
    assert.equal(outcome({ ...input, target }), 'target-malformed', target);
  const without = { ...sampleOf(SCHEMES['mercado-pago']), target: '/in/1' };
  const { signing, verifying } = keyPair(SCHEMES['mercado-pago']);
  const { id: _, ...withoutId } = without;
  const { headers, body } = sign({ scheme: 'mercado-pago', secrets: [signing], nowMs, ...withoutId });
  assert.equal(headers.length, 1);
  const bare = {
    scheme: 'mercado-pago',
    secrets: [verifying],
    rawHeaders: headers.flat(),
    body,
    nowMs,
  } as const;
  assert.equal(outcome({ ...bare, target: '/in/1' }), 'accepted');
  const added = [...bare.rawHeaders, 'x-request-id', 'r1'];
  assert.equal(outcome({ ...bare, target: '/in/1', rawHeaders: added }), 'signature-mismatch');
  assert.throws(() => verify({ ...bare }), { code: 'TARGET_MISSING' });
  // One message with the id in another letter case is the same message, not a new one.
  const lower = verify({ ...input, target: '/in/1?data.id=pay1' });
  const upper = verify({ ...input, target: '/in/1?data.id=PAY1' });
  assert.ok(lower.ok && upper.ok);
  assert.deepEqual(lower.duplicateKey, upper.duplicateKey);
});

test('PayPal: a replay with another body of the same CRC-32 is a duplicate, since the transmission id is signed', () => {
  const input = signedInput('paypal');
  const verdict = verify(input);
  assert.ok(verdict.ok);
  assert.equal(verdict.eventId, 'msg_1');
  assert.ok(verdict.notCovered.some((phrase) => phrase.includes('CRC-32')));
});

test('a repetition of one event signed at another time is a duplicate where the row says that bodies tell', () => {
  for (const scheme of ['liasonpay', 'cashfree', 'recurly', 'binance-pay'] as const) {
    const first = verify(signedInput(scheme));
    const { signing, verifying } = keyPair(SCHEMES[scheme]);
    const later = nowMs + 60_000;
    const { headers, body } = sign({
      scheme,
      secrets: [signing],
      ...sampleOf(SCHEMES[scheme]),
      nowMs: later,
      id: 'nonce-2',
    });
    const again = verify({ scheme, secrets: [verifying], rawHeaders: headers.flat(), body, nowMs: later });
    assert.ok(first.ok && again.ok);
    assert.deepEqual(again.duplicateKey, first.duplicateKey, scheme);
  }
});

test('an address or parameter that is no plain text is a fault of the configuration', () => {
  const input = signedInput('square');
  for (const url of ['', 'https://a b', 'https://é.example', 'x'.repeat(2049)])
    assert.throws(() => verify({ ...input, url }), { code: 'URL_INVALID' });
  assert.throws(() => verify({ ...input, url: undefined }), { code: 'URL_MISSING' });
});
