// The type of an event is found where the platform writes it, or not at all; what can't be kept as text is none. U11.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleOf, signedInput } from '../test/samples.ts';
import { eventTypeOf, isSchemeName, SCHEMES, type SchemeName } from './index.ts';

const TYPES: Readonly<Partial<Record<SchemeName, string>>> = {
  adyen: 'AUTHORISATION',
  bitso: 'funding',
  braintree: 'subscription_canceled',
  koywe: 'order.paid',
  'koywe-ramp': 'crypto_delivered',
  nowpayments: 'finished',
  paymongo: 'payment.paid',
  stripe: 'order.paid',
};

test('in the body, through lists, and in the XML inside a form', () => {
  for (const [name, type] of Object.entries(TYPES)) {
    assert.ok(isSchemeName(name));
    assert.equal(eventTypeOf(name, signedInput(name)), type, name);
  }
});

test('in a header, which the row says is not signed', () => {
  for (const scheme of Object.values(SCHEMES)) {
    if (scheme.eventType.from !== 'header') continue;
    const { body } = sampleOf(scheme);
    assert.equal(eventTypeOf(scheme, { rawHeaders: [scheme.eventType.name, 'push'], body }), 'push');
    assert.ok(
      scheme.notCovered.some((phrase) => /type|topic/.test(phrase)),
      scheme.name,
    );
  }
});

test('of a list of events in one message, the one type of all of them, and none where they differ', () => {
  const item = (code: string) => ({ NotificationRequestItem: { eventCode: code } });
  const typeOf = (...codes: string[]) =>
    eventTypeOf('adyen', {
      rawHeaders: [],
      body: Buffer.from(JSON.stringify({ notificationItems: codes.map(item) })),
    });
  assert.equal(typeOf('REFUND', 'REFUND'), 'REFUND');
  assert.equal(typeOf('REPORT_AVAILABLE', 'REFUND'), null);
  assert.equal(typeOf('REFUND', ''), null);
  assert.equal(typeOf(), null);
});

test('none where there is none, or one that is no plain text', () => {
  const bodies = [
    '{}',
    '[]',
    '',
    '{"type":1}',
    '{"type":""}',
    '{"type":"\\u0000"}',
    '{"type":"\\ud800"}',
    '{"type":"a","type":"b"}',
  ];
  for (const body of [...bodies, `{"type":"${'x'.repeat(257)}"}`])
    assert.equal(eventTypeOf('koywe', { rawHeaders: [], body: Buffer.from(body) }), null, body);
  for (const body of ['', 'bt_payload=!', 'bt_payload=PGtpbmQ%2B', '{}'])
    assert.equal(eventTypeOf('braintree', { rawHeaders: [], body: Buffer.from(body) }), null, body);
});
