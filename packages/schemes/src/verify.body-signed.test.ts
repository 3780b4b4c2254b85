// Where a part of the body is signed, or the signature stands in it, nothing ambiguous is read and nothing else passes. K7 U11 L12.
// Traps ("Verifying"): signature over bytes, no JSON round trip; one good part vouches for none of the others; crafted requests.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { keyPair, nowMs, signedInput } from '../test/samples.ts';
import { parseSecret, SCHEMES, type SchemeName, sign, type VerifyInput, verify } from './index.ts';

function outcome(input: VerifyInput): string {
  const verdict = verify(input);
  return verdict.ok ? 'accepted' : verdict.reason;
}

function withBody(input: VerifyInput, change: (text: string) => string): VerifyInput {
  return { ...input, body: Buffer.from(change(Buffer.from(input.body).toString('utf8'))) };
}

/** A body of NOWPayments signed as its documentation has it, by hand. */
function nowPayments(body: string, signed: string): VerifyInput {
  const { verifying } = keyPair(SCHEMES.nowpayments);
  const mac = createHmac('sha512', verifying.bytes).update(signed).digest('hex');
  const rawHeaders = ['x-nowpayments-sig', mac];
  return { scheme: 'nowpayments', secrets: [verifying], rawHeaders, body: Buffer.from(body), nowMs };
}

test('Adyen: every item has to bear a signature of its own that fits', () => {
  const item = (reference: string, value: number) => ({
    NotificationRequestItem: {
      pspReference: reference,
      merchantAccountCode: 'Shop',
      merchantReference: 'order-1',
      amount: { value, currency: 'EUR' },
      eventCode: 'CAPTURE',
      success: 'true',
    },
  });
  const body = Buffer.from(
    JSON.stringify({ live: 'false', notificationItems: [item('A', 1), item('B', 2)] }),
  );
  // One that was seen, written several times, would be another list each time, and so no duplicate.
  const repeated = JSON.stringify({ live: 'false', notificationItems: [item('A', 1), item('A', 1)] });
  assert.equal(outcome(signedInput('adyen', { body: Buffer.from(repeated) })), 'body-malformed');
  const input = signedInput('adyen', { body });
  assert.equal(outcome(input), 'accepted');
  for (const [from, to] of [
    ['"value":2', '"value":3'],
    ['"value":1,', '"value":3,'],
    ['"B"', '"C"'],
  ] as const)
    assert.equal(outcome(withBody(input, (text) => text.replace(from, to))), 'signature-mismatch');
  const stripped = withBody(input, (text) => text.replace(/,"additionalData":\{[^}]*\}(?=\}\},)/, ''));
  assert.equal(outcome(stripped), 'signature-missing');
  assert.equal(outcome(withBody(input, () => '{"notificationItems":[]}')), 'body-malformed');
  // A list is another message than one of its items, and tells its items apart.
  const once = signedInput('adyen', {
    body: Buffer.from(JSON.stringify({ notificationItems: [item('A', 1)] })),
  });
  const [both, one] = [verify(input), verify(once)];
  assert.ok(both.ok && one.ok);
  assert.notDeepEqual(both.duplicateKey, one.duplicateKey);
});

test('Adyen: a colon is taken in the merchant reference alone, so that no text can be cut anew', () => {
  const input = signedInput('adyen');
  // What was merchantReference "order:1" with value 1130 is not merchantAccountCode "Shop:order" with reference "1".
  const shifted = withBody(input, (text) =>
    text.replace('"Shop"', '"Shop:order"').replace('"order:1"', '"1"'),
  );
  assert.equal(outcome(shifted), 'body-malformed');
  for (const value of ['1130.0', '1.13e3', '"1130 "', '{}', '01130'])
    assert.notEqual(
      outcome(withBody(input, (text) => text.replace('"value":1130', `"value":${value}`))),
      'accepted',
    );
});

test('NOWPayments: nested members are sorted and signed as well', () => {
  const body = '{"b":1,"a":{"z":1.0,"y":"\\u00e9\\/"},"payment_status":"finished"}';
  const asReceived = '{"a":{"y":"\\u00e9\\/","z":1.0},"b":1,"payment_status":"finished"}';
  const again = '{"a":{"y":"é/","z":1.0},"b":1,"payment_status":"finished"}';
  assert.equal(outcome(nowPayments(body, asReceived)), 'accepted');
  assert.equal(outcome(nowPayments(body, again)), 'accepted');
  // The trap of its package: the names of the top alone, so that what is nested can be changed.
  assert.equal(
    outcome(nowPayments(body, '{"a":{},"b":1,"payment_status":"finished"}')),
    'signature-mismatch',
  );
  for (const changed of [body.replace('1.0', '1'), body.replace('"y"', '"x"'), body.replace('\\u00e9', 'e')])
    assert.equal(
      outcome({ ...nowPayments(body, asReceived), body: Buffer.from(changed) }),
      'signature-mismatch',
    );
  const numbered = '{"10":1,"9":2,"a":3}';
  assert.equal(outcome(nowPayments(numbered, '{"9":2,"10":1,"a":3}')), 'accepted');
});

test('payos.vn: a value in which another member could be read is refused', () => {
  const sign1 = (data: string) => signedInput('payos-vn', { body: Buffer.from(`{"data":${data}}`) });
  assert.equal(outcome(sign1('{"description":"Tom & Jerry","orderCode":1}')), 'accepted');
  assert.equal(outcome(sign1('{"description":"a=b","list":[{"b":1,"a":"x"}],"none":null}')), 'accepted');
  const good = sign1('{"description":"A","orderCode":123}');
  // Signed: description=A&orderCode=123. Cut anew, it would be one member.
  const cut = withBody(good, (text) => text.replace('"A","orderCode":123', '"A&orderCode=123"'));
  assert.equal(outcome(cut), 'body-malformed');
  for (const data of [
    '{"a":"x&b=1"}',
    '{"a&b":1}',
    '{"a=b":1}',
    '{"a":{"b":1}}',
    '{"a":[1]}',
    '{"a":"\\ud800"}',
    '[]',
  ])
    assert.throws(() => sign1(data), { code: 'BODY_MALFORMED' }, data);
});

test('payos.vn: its published vector', () => {
  const secret = parseSecret('payos-vn', '1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675');
  const empty = [
    'counterAccountBankId',
    'counterAccountBankName',
    'counterAccountName',
    'counterAccountNumber',
  ];
  const data = {
    orderCode: 123,
    amount: 3000,
    description: 'VQRIO123',
    accountNumber: '12345678',
    reference: 'TF230204212323',
    transactionDateTime: '2023-02-04 18:25:00',
    currency: 'VND',
    paymentLinkId: '124c33293c43417ab7879e14c8d9eb18',
    code: '00',
    desc: 'Thành công',
    ...Object.fromEntries([...empty, 'virtualAccountName', 'virtualAccountNumber'].map((name) => [name, ''])),
  };
  const signature = '412e915d2871504ed31be63c8f62a149a4410d34c4c42affc9006ef9917eaa03';
  const body = Buffer.from(JSON.stringify({ code: '00', desc: 'success', success: true, data, signature }));
  const secrets = [{ id: 'current', bytes: secret }];
  assert.equal(outcome({ scheme: 'payos-vn', secrets, rawHeaders: [], body, nowMs }), 'accepted');
});

test('Koywe ramp and Bitso: members keep their order and their spelling, white space is none', () => {
  const ramp = signedInput('koywe-ramp', { body: Buffer.from('{ "b": 1.0, "a": "\\u00e9" }') });
  assert.equal(outcome(ramp), 'accepted');
  assert.equal(outcome(withBody(ramp, (text) => text.replaceAll(' ', ''))), 'accepted');
  assert.equal(outcome(withBody(ramp, (text) => text.replace('1.0', '1'))), 'signature-mismatch');
  const moved = withBody(ramp, (text) => text.replace(/\{ ("b": 1.0), ("a": "[^"]*") /, '{ $2, $1 '));
  assert.equal(outcome(moved), 'signature-mismatch');
  const bitso = signedInput('bitso');
  assert.equal(outcome(withBody(bitso, (text) => text.replace('"1.0"', '"1"'))), 'signature-mismatch');
  // What stands beside it is not signed, and the row says so.
  assert.equal(outcome(withBody(bitso, (text) => text.replace('funding', 'refund'))), 'accepted');
  assert.equal(outcome(withBody(bitso, () => '{"event":"funding"}')), 'body-malformed');
});

test('a member twice, bytes that are no UTF-8, and anything too deep or too large is refused before it is signed for', () => {
  const deep = 100_000;
  const bodies: readonly (string | Uint8Array)[] = [
    '{"data":{"a":1},"data":{"a":2},"signature":"0"}',
    '{"data":{"a":1,"\\u0061":2},"signature":"0"}',
    `{"data":${'['.repeat(deep)}${']'.repeat(deep)},"signature":"0"}`,
    `{"data":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)},"signature":"0"}`,
    `{"data":[${'1,'.repeat(deep)}1],"signature":"0"}`,
    `{"data":"${'x'.repeat(262_144)}","signature":"0"}`,
    Buffer.from('{"data":{"a":"\xff"},"signature":"0"}', 'latin1'),
    '\ufeff{"data":{},"signature":"0"}',
    '{"data":{}} {}',
    "{'data':{}}",
    '{"data":{"a":01}}',
    '{"data":{"a":"\t"}}',
    '{"data":{"a":"\\x"}}',
    '[',
    '',
  ];
  for (const scheme of ['payos-vn', 'koywe-ramp', 'adyen'] satisfies readonly SchemeName[]) {
    const { verifying, signing } = keyPair(SCHEMES[scheme]);
    for (const body of bodies) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const input = { scheme, secrets: [verifying], rawHeaders: [], body: bytes, nowMs };
      assert.equal(outcome(input), 'body-malformed', scheme);
      assert.throws(() => sign({ scheme, secrets: [signing], body: bytes, nowMs }), {
        code: 'BODY_MALFORMED',
      });
    }
  }
});

test('Braintree: its form once, with base64 and nothing that anybody could have had signed as a challenge', () => {
  const input = signedInput('braintree');
  assert.equal(outcome({ ...input, parameters: { publicKey: 'another' } }), 'version-unknown');
  assert.equal(outcome({ ...input, parameters: {} }), 'accepted');
  for (const change of [
    (text: string) => `${text}&bt_payload=x`,
    (text: string) => text.replace('bt_payload=', 'bt_payload=%'),
    (text: string) => text.replace('bt_payload=', 'bt_payload=!'),
    (text: string) => `${text}&é`,
    () => 'bt_signature=a|b',
  ])
    assert.equal(outcome(withBody(input, change)), 'body-malformed');
  const challenge = 'ab'.repeat(16);
  const mac = createHmac('sha1', input.secrets[0]?.bytes ?? '')
    .update(challenge)
    .digest('hex');
  const asked = withBody(input, () => `bt_signature=public-1%7C${mac}&bt_payload=${challenge}`);
  assert.equal(outcome(asked), 'body-malformed');
});
