// An authentic event that breaks a rule is held, with the rule and nothing of what it carries; no schema and no body makes the
// check slow, wrong or fatal. K9 K16; traps "Authentic is not correct" and "One crafted request must never end the process".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '#base';
import { readBodySchema } from './body-schema.ts';
import { defaultSchemasOf } from './default-schemas.ts';
import { expectationShape } from './expectations.ts';
import { isWanted, judge, type Rules, readBare } from './judge.ts';
import { isSafePattern } from './safe-pattern.ts';
import { matchesType } from './type-pattern.ts';

const STEPS = 1_000_000;

function judged(schema: object, body: string | Uint8Array, stepsMax = STEPS) {
  const read = readBodySchema(schema);
  if ('problem' in read) throw new Error(read.problem);
  const bytes = typeof body === 'string' ? utf8(body) : body;
  return judge(
    { eventTypes: [], schemas: [['*', read]], expectations: [] },
    { type: 'a', body: bytes, stepsMax },
  );
}

test('an event whose type can not be told is held where rules are by type, not let past them', () => {
  const body = utf8('{"data":{"amount":1}}');
  const expectation = { types: 'order.*', path: ['data', 'amount'], min: 2_000 };
  const found = (rules: Partial<Rules>) => {
    const whole: Rules = { eventTypes: [], schemas: [], expectations: [], ...rules };
    return isWanted(whole, null) ? judge(whole, { type: null, body, stepsMax: STEPS }) : 'dropped';
  };
  const untold = { reason: 'unreadable', detail: 'type' };
  assert.deepEqual(found({ expectations: [expectation] }), untold);
  assert.deepEqual(found({ eventTypes: ['order.*'] }), untold);
  const schema = readBodySchema({ type: 'object' });
  assert.ok(!('problem' in schema));
  assert.deepEqual(found({ schemas: [['order.paid', schema]] }), untold);
  assert.equal(found({ schemas: [['*', schema]], eventTypes: ['*'] }), null);
  assert.equal(found({}), null);
});

test('K9 a body that breaks its schema is found, with the place in the schema', () => {
  const schema = {
    type: 'object',
    required: ['id', 'amount'],
    properties: { id: { type: 'string', pattern: '^ord_[0-9]+$' }, amount: { type: 'number', minimum: 0 } },
    additionalProperties: false,
  };
  assert.equal(judged(schema, '{"id":"ord_1","amount":1}'), null);
  const cases: readonly (readonly [string, string])[] = [
    ['{"id":"ord_1"}', '* #/required'],
    ['{"id":"x","amount":1}', '* #/properties/id/pattern'],
    ['{"id":"ord_1","amount":-1}', '* #/properties/amount/minimum'],
    ['{"id":"ord_1","amount":"1"}', '* #/properties/amount/type'],
    ['{"id":"ord_1","amount":1,"name of a person":1}', '* #/additionalProperties'],
    ['[]', '* #/type'],
  ];
  for (const [body, detail] of cases)
    assert.deepEqual(judged(schema, body), { reason: 'schema', detail }, body);
});

test('K16 what has no single reading is unreadable, never an error: not JSON, doubled names, half characters, too deep', () => {
  const bodies: readonly (string | Uint8Array)[] = [
    '',
    'x',
    '{"a":1,"a":2}',
    '{"__proto__":1}',
    '"\\ud800"',
    '\ufeff{}',
    `${'['.repeat(100)}${']'.repeat(100)}`,
    '['.repeat(200_000),
    Buffer.from([0xff, 0xfe]),
  ];
  for (const body of bodies)
    assert.deepEqual(judged({ type: 'object' }, body), { reason: 'unreadable', detail: null });
});

test('what every object inherits is not there: required names are those of the body alone', () => {
  for (const name of ['toString', 'constructor', 'hasOwnProperty', 'valueOf'])
    assert.deepEqual(judged({ required: [name] }, '{}'), { reason: 'schema', detail: '* #/required' });
  assert.equal(judged({ required: ['constructor'] }, '{"constructor":1}'), null);
  assert.equal(Object.getPrototypeOf(readBare(utf8('{}'))?.value), null);
});

test('the work is bounded: beyond it an event is held unchecked, not let through', () => {
  const wide = { allOf: Array.from({ length: 200 }, () => ({ items: { type: 'string', minLength: 1 } })) };
  const body = JSON.stringify(Array.from({ length: 5_000 }, () => 'a'));
  assert.deepEqual(judged(wide, body), { reason: 'too-much-to-check', detail: '*' });
  assert.equal(judged({ items: { type: 'string' } }, body), null);
  assert.deepEqual(judged({ maxLength: 1 }, `"${'a'.repeat(640_000)}"`, 10_000), {
    reason: 'too-much-to-check',
    detail: '*',
  });
});

test('a pattern counts as many steps as it may take at each character', () => {
  const body = JSON.stringify('a'.repeat(1_000_000));
  // Tried from the last character backwards, it looks at 999 more each time.
  const slow = { pattern: `^.*${'a{999}'.repeat(20)}$` };
  assert.deepEqual(judged(slow, body), { reason: 'too-much-to-check', detail: '*' });
  assert.equal(judged(slow, JSON.stringify('a'.repeat(1_000)))?.reason, 'schema');
  assert.equal(judged({ pattern: '^[a-z]+$' }, body), null);
});

test('schemas that could mislead or stall are refused when they are configured', () => {
  const deep = JSON.parse(`${'{"not":'.repeat(40)}{}${'}'.repeat(40)}`);
  const refused: readonly unknown[] = [
    { $ref: 'https://elsewhere.test/schema' },
    { $ref: '#/$defs/a', $defs: { a: {} } },
    { $id: 'x' },
    { uniqueItems: true },
    { format: 'uri' },
    { format: 'regex' },
    { patternProperties: { a: {} } },
    { unevaluatedProperties: false },
    { requierd: ['id'] },
    { required: 'id' },
    { type: 'decimal' },
    { multipleOf: 0 },
    { properties: { a: 5 } },
    { pattern: '(a+)+$' },
    { __absolute_uri__: 'x' },
    { items: [{}] },
    deep,
    { enum: Array.from({ length: 40_000 }, (_, at) => at) },
    null,
    [],
    'x',
  ];
  for (const schema of refused) {
    const read = readBodySchema(schema);
    assert.ok('problem' in read, JSON.stringify(schema)?.slice(0, 80));
  }
  const read = readBodySchema({ properties: { data: { requierd: ['id'] } } });
  assert.ok('problem' in read && read.problem.includes('requierd'), JSON.stringify(read));
});

test('patterns are of the kind that can not be slow', () => {
  const safe = [
    '^ord_[0-9a-z]+$',
    '^[A-Z]{3}$',
    '^a?b?c?$',
    '^\\d{4}-\\d{2}$',
    '^[^@]+@x\\.test$',
    '^.*$',
    '^',
  ];
  for (const pattern of safe) assert.equal(isSafePattern(pattern), true, pattern);
  const unsafe = [
    'a+',
    '(a|b)',
    '^(a+)+$',
    '^a*a*$',
    '^a+b+$',
    '^a{1,9}b{1,9}$',
    '^\\1',
    '^(?=a)',
    '^a?b?c?d?e?$',
    '^[',
    '^a**',
    '^\\p{L}+$',
    '',
  ];
  for (const pattern of unsafe) assert.equal(isSafePattern(pattern), false, pattern);
  for (const pattern of safe) {
    const regex = new RegExp(pattern, 'u');
    for (const unit of ['a', 'ord_', '@', '0'])
      assert.doesNotThrow(() => regex.test(`${unit.repeat(250_000)}!`), pattern);
  }
});

test('L11 amount, currency and recipient are what is expected, or the event is held', () => {
  const expectations = [
    { types: 'order.*', path: ['data', 'currency'], oneOf: ['EUR'] },
    { types: 'order.paid', path: ['data', 'amount'], min: 2_000, max: 2_000 },
    { types: '*', path: ['data', 'to', '0'], oneOf: ['acct_1'] },
  ].map((one) => expectationShape.parse(one));
  const found = (type: string | null, data: string) =>
    judge(
      { eventTypes: [], schemas: [], expectations },
      { type, body: utf8(`{"data":${data}}`), stepsMax: STEPS },
    )?.detail ?? null;
  const right = '{"currency":"EUR","amount":2000,"to":["acct_1"]}';
  assert.equal(found('order.paid', right), null);
  assert.equal(found('order.paid', right.replace('2000', '"2000.00"')), null);
  assert.equal(found('order.paid', right.replace('2000', '1')), 'expectations[1]');
  assert.equal(found('order.paid', right.replace('2000', '2000.0000000000000001')), 'expectations[1]');
  assert.equal(found('order.paid', right.replace('2000', '"2e3"')), 'expectations[1]');
  assert.equal(found('order.paid', right.replace('2000', 'null')), 'expectations[1]');
  assert.equal(found('order.created', right.replace('EUR', 'USD')), 'expectations[0]');
  assert.equal(found('refund', right.replace('EUR', 'USD')), null);
  assert.equal(found(null, right.replace('acct_1', 'acct_2')), 'expectations[2]');
  assert.equal(found(null, '{}'), 'expectations[2]');
});

test('types are wanted by name or by how they begin; an event without a type by * alone', () => {
  assert.ok(matchesType('order.*', 'order.paid') && matchesType('*', null) && matchesType('a', 'a'));
  assert.ok(!matchesType('order.*', 'orders') && !matchesType('order.*', null) && !matchesType('a', 'ab'));
  assert.ok(isWanted({ eventTypes: [] }, null) && !isWanted({ eventTypes: ['a*'] }, 'b'));
});

test('K9 Koywe’s structure: type and data in all, an order’s id where its documents or its live events have it', () => {
  const rules = { eventTypes: [], schemas: defaultSchemasOf('koywe'), expectations: [] };
  const found = (type: string, body: object) =>
    judge(rules, { type, body: utf8(JSON.stringify(body)), stepsMax: STEPS })?.reason ?? null;
  const type = 'order.paid';
  assert.equal(found(type, { id: 'evt_1', type, data: { orderId: 'ord_1' } }), null);
  assert.equal(
    found(type, { type, data: { status: 'PAID' }, relationships: { self: { type: 'order', id: 'ord_1' } } }),
    null,
  );
  assert.equal(found(type, { id: 'evt_1', type, data: {} }), 'schema');
  assert.equal(found(type, { id: 'evt_1', type }), 'schema');
  assert.equal(found(type, { id: 7, type, data: { orderId: 'ord_1' } }), 'schema');
  assert.equal(found('contact.created', { id: 'evt_1', type: 'contact.created', data: {} }), null);
});
