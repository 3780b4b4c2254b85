// A destination gets the events that its filter takes and no others; a condition looks at what a body says and runs nothing.
// Traps "Verifying": lenient decoding; invariant "A crafted input never ends the process".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FannedEvent, utf8 } from '#base';
import { type Condition, conditionsShape, type Filter, filteredEvent, filterShape, takes } from './filter.ts';

const ALL: Filter = { platforms: null, types: null, endpoints: null, conditions: null };
const event = (fields: Partial<FannedEvent> = {}): FannedEvent => ({
  id: 'evt_00000000000000000000000000',
  platform: 'koywe',
  type: 'order.paid',
  endpoint: 'ep_00000000000000000000000000',
  body: utf8(
    '{"id":"1","data":{"amount":500,"currency":"USD","items":[{"sku":"a"}],"note":null,"live":true}}',
  ),
  ...fields,
});
const taken = (filter: Partial<Filter>, fields?: Partial<FannedEvent>): boolean =>
  takes({ ...ALL, ...filter }, filteredEvent(event(fields)));

test('platforms, types and endpoints are compared as they are; a type that ends in ".*" is a beginning', () => {
  assert.equal(taken({}), true);
  assert.equal(taken({ platforms: ['stripe', 'koywe'] }), true);
  assert.equal(taken({ platforms: ['stripe'] }), false);
  assert.equal(taken({ types: ['order.paid'] }), true);
  assert.equal(taken({ types: ['order.*'] }), true);
  for (const type of ['order', 'orders.paid', 'Order.paid', null])
    assert.equal(taken({ types: ['order.*'] }, { type }), false, String(type));
  assert.equal(taken({ types: ['order.'] }), false);
  assert.equal(taken({ endpoints: ['ep_00000000000000000000000000'] }), true);
  assert.equal(taken({ endpoints: ['ep_00000000000000000000000001'] }), false);
  assert.equal(taken({ endpoints: ['ep_00000000000000000000000000'] }, { endpoint: null }), false);
});

const CONDITIONS: readonly (readonly [Condition, boolean])[] = [
  [{ path: ['data', 'currency'], op: 'equals', value: 'USD' }, true],
  [{ path: ['data', 'amount'], op: 'equals', value: '500' }, false],
  [{ path: ['data', 'amount'], op: 'equals', value: 500 }, true],
  [{ path: ['data', 'note'], op: 'equals', value: null }, true],
  [{ path: ['data', 'absent'], op: 'equals', value: null }, false],
  [{ path: ['data', 'currency'], op: 'in', value: ['EUR', 'USD'] }, true],
  [{ path: ['data', 'currency'], op: 'in', value: ['EUR'] }, false],
  [{ path: ['data', 'note'], op: 'exists', value: true }, true],
  [{ path: ['data', 'absent'], op: 'exists', value: true }, false],
  [{ path: ['data', 'absent'], op: 'exists', value: false }, true],
  [{ path: ['data', 'amount'], op: 'greater', value: 499 }, true],
  [{ path: ['data', 'amount'], op: 'greater', value: 500 }, false],
  [{ path: ['data', 'amount'], op: 'less', value: 501 }, true],
  [{ path: ['data', 'currency'], op: 'greater', value: 0 }, false],
  [{ path: ['data', 'currency'], op: 'startsWith', value: 'US' }, true],
  [{ path: ['data', 'amount'], op: 'startsWith', value: '5' }, false],
  [{ path: ['data', 'items', '0', 'sku'], op: 'equals', value: 'a' }, true],
  [{ path: ['data', 'items', 'length'], op: 'exists', value: true }, false],
  [{ path: ['data', 'currency', '0'], op: 'exists', value: true }, false],
  [{ path: ['constructor'], op: 'exists', value: true }, false],
  [{ path: ['data', '__proto__', 'x'], op: 'exists', value: true }, false],
];

test('a condition holds for what stands at its path, with its type, and for nothing that every object has', () => {
  for (const [condition, expected] of CONDITIONS)
    assert.equal(taken({ conditions: [condition] }), expected, JSON.stringify(condition));
});

test('all conditions have to hold', () => {
  const [usd, rich] = [CONDITIONS[0]?.[0], CONDITIONS[10]?.[0]];
  assert.ok(usd !== undefined && rich !== undefined);
  assert.equal(taken({ conditions: [usd, rich] }), true);
  assert.equal(taken({ conditions: [usd, { path: ['data', 'live'], op: 'equals', value: false }] }), false);
});

test('a body that is no JSON with one reading meets no condition but that nothing is there', () => {
  for (const text of [
    '',
    'a=b',
    '[1',
    '{"a":1,"a":1}',
    '\ufeff{"a":1}',
    `${'['.repeat(40)}1${']'.repeat(40)}`,
  ]) {
    const body = utf8(text);
    assert.equal(taken({ conditions: [{ path: ['a'], op: 'equals', value: 1 }] }, { body }), false, text);
    assert.equal(taken({ conditions: [{ path: ['a'], op: 'exists', value: false }] }, { body }), true, text);
  }
});

test('the body is not looked at where nobody asks what is in it', () => {
  const body = utf8('{}');
  const touched = new Proxy(body, {
    get: () => assert.fail('the body was read'),
  });
  assert.equal(taken({ types: ['order.*'] }, { body: touched }), true);
});

test('whatever stands in a body and whatever a condition asks: an answer, and never an error', () => {
  const path = fc.array(fc.oneof(fc.string({ minLength: 1, maxLength: 9 }), fc.constant('__proto__')), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.json(), path, fc.jsonValue(), (text, at, value) => {
      const conditions = conditionsShape.safeParse([{ path: at, op: 'equals', value }]);
      if (!conditions.success) return;
      const is = taken({ conditions: conditions.data }, { body: utf8(text) });
      assert.equal(typeof is, 'boolean');
    }),
    { seed: 20_261_125, numRuns: 300 },
  );
});

test('what is no condition of the language, or too much of it, is refused', () => {
  const good = { path: ['a'], op: 'equals', value: 1 };
  const refused = [
    [],
    [{ ...good, op: 'matches', value: '(a+)+$' }],
    [{ ...good, op: '$where' }],
    [{ ...good, path: [] }],
    [{ ...good, path: Array.from({ length: 9 }, () => 'a') }],
    [{ ...good, path: 'a.b' }],
    [{ ...good, value: { $ne: 1 } }],
    [{ ...good, value: 2 ** 60 }],
    [{ ...good, more: 1 }],
    [{ path: ['a'], op: 'in', value: Array.from({ length: 51 }, () => 1) }],
    [{ path: ['a'], op: 'greater', value: '1' }],
    [{ path: ['a'], op: 'startsWith', value: 'x'.repeat(201) }],
    Array.from({ length: 11 }, () => good),
  ];
  for (const conditions of refused)
    assert.equal(
      filterShape.safeParse({ conditions }).success,
      false,
      JSON.stringify(conditions).slice(0, 80),
    );
  for (const types of [['*'], ['a b'], [''], [1]])
    assert.equal(filterShape.safeParse({ types }).success, false);
  assert.equal(filterShape.safeParse({ conditions: [good], types: ['order.*', 'x'] }).success, true);
});
