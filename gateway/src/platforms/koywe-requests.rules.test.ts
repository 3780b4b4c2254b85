// What Koywe documents of its orders, deals, quotes and contacts is taken; what breaks its rules is named by field, and never
// by value. K16 U14 L13 Q6 K17. Sources stand in koywe-requests.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJsonExactly, utf8 } from '#base';
import { checkRequest, platformNamed } from '#platforms';

const { requests } = platformNamed('koywe');

type Kind = 'orders' | 'deals' | 'quotes' | 'contacts';

/** The paths of what is wrong, without `body.`. */
function wrong(kind: Kind, text: string, strict = true): readonly string[] {
  const rule = requests.find(({ path }) => path.endsWith(`/${kind}`));
  assert.ok(rule);
  const problems = checkRequest({ shape: rule.body, body: parseJsonExactly(utf8(text)), strict });
  return problems.map(({ path }) => path.replace(/^body\.?/, ''));
}

const payin = {
  type: 'PAYIN',
  amountIn: 5000,
  originCurrencySymbol: 'CLP',
  destinationCurrencySymbol: 'CLP',
  contactId: 'cnt_1',
  externalId: 'order-1',
  description: 'Invoice 17, 1ª cuota',
  paymentMethods: [{ method: 'KHIPU' }],
};
const {
  amountIn: _amountIn,
  originCurrencySymbol: _origin,
  destinationCurrencySymbol: _destination,
  ...quoted
} = payin;
const contact = {
  firstName: 'Ada',
  email: 'ada@example.com',
  countrySymbol: 'CL',
  businessType: 'PERSON',
  type: 'PERSON',
};
const quote = {
  type: 'BALANCE_TRANSFER',
  originCurrencySymbol: 'COP',
  destinationCurrencySymbol: 'USD',
  amountIn: 1_000_000,
};

const TAKEN: readonly (readonly [Kind, object])[] = [
  ['orders', payin],
  ['orders', { ...payin, amountIn: undefined, amountOut: 10 }],
  ['orders', { ...quoted, quoteId: 'quo_1' }],
  ['orders', { ...payin, contactId: undefined, description: undefined, externalId: undefined }],
  [
    'orders',
    { ...payin, successUrl: 'https://shop.example/ok?order=1', failedUrl: 'http://localhost:3000/no' },
  ],
  ['orders', { ...payin, paymentMethods: [{ method: 'PSE', extra: 'BANCOLOMBIA' }], dueDate: '2026-12-01' }],
  [
    'orders',
    { ...payin, paymentMethods: [{ method: 'NEQUI', extra: { phone: { countryCode: '57', number: '3' } } }] },
  ],
  ['orders', { ...payin, dueDate: '2026-12-01T10:00:00.000Z', sendEmail: true, sendReminders: false }],
  ['orders', { ...payin, type: 'PAYMENT_LINK', paymentMethods: [] }],
  ['orders', { ...payin, type: 'PAYOUT', paymentMethods: undefined, destinationAccountId: 'acc_1' }],
  [
    'orders',
    { ...payin, type: 'INTER_MERCHANT_TRANSFER', paymentMethods: undefined, destinationMerchantId: 'mrc_2' },
  ],
  [
    'orders',
    {
      ...payin,
      type: 'BALANCE_TRANSFER',
      originCurrencySymbol: 'COP',
      amountIn: 0.01,
      paymentMethods: undefined,
    },
  ],
  ['deals', { type: 'OFFRAMP', destinationAccountId: 'va_cop_12345', quoteId: 'quo_1' }],
  [
    'deals',
    {
      type: 'ONRAMP',
      amountOut: 0.000_000_000_000_000_001,
      originCurrencySymbol: 'CLP',
      destinationCurrencySymbol: 'ETH',
    },
  ],
  ['quotes', quote],
  [
    'quotes',
    {
      ...quote,
      type: 'OFFRAMP',
      originCurrencySymbol: 'USDC',
      destinationCurrencySymbol: 'COP',
      amountIn: 10.123_456,
      network: 'ETHEREUM',
    },
  ],
  ['contacts', contact],
  ['contacts', { fullName: 'Ada Lovelace', email: 'ada@example.com' }],
  [
    'contacts',
    {
      ...contact,
      phone: '+56 9 1234 5678',
      documentType: 'RUT',
      documentNumber: '11.111.111-1',
      address: { street: 'Av. 1', zipCode: '1' },
    },
  ],
  ['contacts', { ...contact, documentType: 'DNI', documentNumber: 'whatever' }],
];

test('K16: what the pages of the platform show is taken, strictly as well', () => {
  for (const [kind, body] of TAKEN)
    for (const strict of [true, false])
      assert.deepEqual(wrong(kind, JSON.stringify(body), strict), [], JSON.stringify(body));
});

const REFUSED: readonly (readonly [Kind, object | string, readonly string[]])[] = [
  ['orders', { ...payin, type: undefined }, ['type']],
  ['orders', { ...payin, type: 'ONRAMP' }, ['type']],
  ['orders', { ...payin, type: 'payin' }, ['type']],
  ['orders', { ...payin, amountIn: undefined }, ['']],
  ['orders', { ...payin, amountOut: 5 }, ['']],
  ['orders', { ...payin, quoteId: 'quo_1' }, ['', 'originCurrencySymbol', 'destinationCurrencySymbol']],
  ['orders', { ...payin, originCurrencySymbol: undefined }, ['originCurrencySymbol']],
  ['orders', { ...payin, amountIn: 0 }, ['amountIn']],
  ['orders', { ...payin, amountIn: -1 }, ['amountIn']],
  ['orders', { ...payin, amountIn: '5000' }, ['amountIn']],
  ['orders', { ...payin, amountIn: 10.5 }, ['amountIn']],
  ['orders', { ...payin, amountIn: { $gt: 0 } }, ['amountIn']],
  ['orders', JSON.stringify(payin).replace('5000', '9007199254740993'), ['amountIn']],
  ['orders', JSON.stringify(payin).replace('5000', '1e400'), ['amountIn']],
  ['orders', JSON.stringify(payin).replace('5000', '-0'), ['amountIn']],
  ['orders', { ...payin, originCurrencySymbol: 'USDC' }, ['originCurrencySymbol']],
  ['orders', { ...payin, originCurrencySymbol: 'clp' }, ['originCurrencySymbol']],
  ['orders', { ...payin, originCurrencySymbol: 'constructor' }, ['originCurrencySymbol']],
  ['orders', { ...payin, externalId: 'order 1' }, ['externalId']],
  ['orders', { ...payin, externalId: 'order-1\n' }, ['externalId']],
  ['orders', { ...payin, externalId: 17 }, ['externalId']],
  ['orders', { ...payin, description: 'x <b>' }, ['description']],
  ['orders', { ...payin, description: 'javajavascript:script:x' }, ['description']],
  ['orders', { ...payin, description: ' padded' }, ['description']],
  ['orders', { ...payin, description: 'abc\u202ecba' }, ['description']],
  ['orders', { ...payin, description: 'x'.repeat(256) }, ['description']],
  ['orders', { ...payin, description: ['x'] }, ['description']],
  ['orders', { ...payin, paymentMethods: [] }, ['paymentMethods']],
  ['orders', { ...payin, paymentMethods: undefined }, ['paymentMethods']],
  ['orders', { ...payin, paymentMethods: [{ method: 'PSE' }, { method: 'NEQUI' }] }, ['paymentMethods']],
  ['orders', { ...payin, paymentMethods: [{}] }, ['paymentMethods.0.method']],
  ['orders', { ...payin, paymentMethods: [17] }, ['paymentMethods.0']],
  ['orders', { ...payin, paymentMethods: { method: 'PSE' } }, ['paymentMethods']],
  ['orders', { ...payin, successUrl: 'javascript:alert(1)' }, ['successUrl']],
  ['orders', { ...payin, successUrl: 'https://user:pass@shop.example/' }, ['successUrl']],
  ['orders', { ...payin, dueDate: '2026-13-01' }, ['dueDate']],
  ['orders', { ...payin, sendEmail: 'yes' }, ['sendEmail']],
  ['orders', { ...payin, type: 'PAYOUT' }, ['destinationAccountId']],
  ['orders', { ...payin, type: 'INTER_MERCHANT_TRANSFER' }, ['destinationMerchantId']],
  ['deals', { type: 'PAYIN', quoteId: 'quo_1' }, ['type']],
  ['deals', { type: 'ONRAMP', quoteId: 'quo_1', amountIn: 1 }, ['']],
  ['quotes', { ...quote, amountOut: 1 }, ['']],
  ['quotes', { ...quote, type: 'ONRAMP', destinationCurrencySymbol: 'USDC' }, ['network']],
  ['quotes', { ...quote, type: 'ONRAMP', network: 'DOGECOIN' }, ['network']],
  ['quotes', { ...quote, destinationCurrencySymbol: 'USDC' }, ['destinationCurrencySymbol']],
  ['contacts', { ...contact, firstName: undefined }, ['firstName']],
  ['contacts', { ...contact, firstName: '' }, ['firstName']],
  ['contacts', { ...contact, countrySymbol: 'DE' }, ['countrySymbol']],
  ['contacts', { ...contact, phone: '912345678' }, ['phone']],
  ['contacts', { ...contact, email: 'not an address' }, ['email']],
  ['contacts', { ...contact, documentNumber: '1' }, ['']],
  ['contacts', { ...contact, documentType: 'CPF', documentNumber: '123' }, ['documentNumber']],
  ['contacts', { ...contact, address: 17 }, ['address']],
  ['contacts', { ...contact, address: { street: '<b>' } }, ['address.street']],
  ['contacts', [], ['']],
  ['contacts', '17', ['']],
  ['contacts', 'null', ['']],
];

test('K16: what breaks a rule is named by field, whether unknown fields pass or not', () => {
  for (const [kind, body, fields] of REFUSED) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    for (const strict of [true, false]) assert.deepEqual(wrong(kind, text, strict), fields, text);
  }
});

test('Q6: strictly, unknown fields and nulls are refused; otherwise the platform decides, and null is nothing', () => {
  const unknown = JSON.stringify({ ...payin, coupon: 'A', paymentMethods: [{ method: 'PSE', more: 1 }] });
  assert.deepEqual(wrong('orders', unknown), ['', 'paymentMethods.0']);
  assert.deepEqual(wrong('orders', unknown, false), []);
  const nulls = JSON.stringify({ ...payin, quoteId: null, description: null });
  assert.deepEqual(wrong('orders', nulls), [
    'quoteId',
    'description',
    '',
    'originCurrencySymbol',
    'destinationCurrencySymbol',
  ]);
  assert.deepEqual(wrong('orders', nulls, false), []);
  assert.deepEqual(wrong('orders', JSON.stringify({ ...payin, type: null }), false), ['type']);
});

test('K19: problems name neither values nor the names that a sender chose', () => {
  const secret = 'cnry-4f0c1d';
  const body = Object.fromEntries(Object.keys(payin).map((name) => [name, { [secret]: secret }]));
  const rule = requests[0];
  assert.ok(rule);
  const paymentMethods = Array.from({ length: 10 }, () => ({ method: 1, extra: 1, [secret]: secret }));
  const many = { ...body, paymentMethods, [secret]: secret };
  const problems = checkRequest({ shape: rule.body, body: many, strict: true });
  assert.equal(problems.length, 20);
  assert.ok(!JSON.stringify(problems).includes('cnry'));
});

test('any JSON at all is a verdict, and what passes strictly passes leniently', () => {
  const names = requests.flatMap(({ body }) => Object.keys(body.fields));
  const value = fc.oneof(
    fc.constantFrom<unknown>('PAYIN', 'ONRAMP', 'CLP', 'CPF', '1', 1, -0, 1e21, null, true, [], {}, [
      { method: 'PSE' },
    ]),
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => text.toWellFormed()),
  );
  const name = fc.constantFrom(...names, 'constructor', 'toString', 'x');
  fc.assert(
    fc.property(
      fc.constantFrom(...requests),
      fc.oneof(fc.dictionary(name, value), fc.jsonValue()),
      (rule, given) => {
        fc.pre(!/"__proto__"|\\ud/.test(JSON.stringify(given)));
        const body = parseJsonExactly(utf8(JSON.stringify(given)));
        const strict = checkRequest({ shape: rule.body, body, strict: true });
        const lenient = checkRequest({ shape: rule.body, body, strict: false });
        if (strict.length === 0) assert.deepEqual(lenient, []);
        for (const { path, problem } of [...strict, ...lenient])
          assert.ok(path.startsWith('body') && problem !== '');
      },
    ),
    { seed: 20_261_125, numRuns: 3_000 },
  );
});
