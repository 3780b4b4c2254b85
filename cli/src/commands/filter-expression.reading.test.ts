// What is typed becomes the condition that it reads as, with the type it is written in; what reads as nothing is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import { addExpression } from './filter-expression.ts';

test('lists add up, conditions follow one another', () => {
  let filter = addExpression('platform=koywe,stripe');
  filter = addExpression('type=order.*', filter);
  filter = addExpression('type=refund', filter);
  filter = addExpression('.data.amount>100', filter);
  filter = addExpression('.data.currency=USD,EUR', filter);
  assert.deepEqual(filter, {
    platforms: ['koywe', 'stripe'],
    types: ['order.*', 'refund'],
    conditions: [
      { path: ['data', 'amount'], op: 'greater', value: 100 },
      { path: ['data', 'currency'], op: 'in', value: ['USD', 'EUR'] },
    ],
  });
});

test('numbers, booleans, null and quoted text as JSON has them; all else is text', () => {
  const valueOf = (text: string) => addExpression(text).conditions?.[0];
  assert.deepEqual(valueOf('.a=1'), { path: ['a'], op: 'equals', value: 1 });
  assert.deepEqual(valueOf('.a="1"'), { path: ['a'], op: 'equals', value: '1' });
  assert.deepEqual(valueOf('.a=true'), { path: ['a'], op: 'equals', value: true });
  assert.deepEqual(valueOf('.a=null'), { path: ['a'], op: 'equals', value: null });
  assert.deepEqual(valueOf('.a=trueish'), { path: ['a'], op: 'equals', value: 'trueish' });
  assert.deepEqual(valueOf('.a=2026-01-01'), { path: ['a'], op: 'equals', value: '2026-01-01' });
  assert.deepEqual(valueOf('.a^=x=y'), { path: ['a'], op: 'startsWith', value: 'x=y' });
  assert.deepEqual(valueOf('.a<-1.5'), { path: ['a'], op: 'less', value: -1.5 });
  assert.deepEqual(valueOf('.a.0.b'), { path: ['a', '0', 'b'], op: 'exists', value: true });
  assert.deepEqual(valueOf('!.a'), { path: ['a'], op: 'exists', value: false });
});

test('what is none of these is refused', () => {
  for (const text of [
    '',
    '=',
    'amount=1',
    'type',
    'type>1',
    '!type=a',
    '!.a=1',
    '.',
    '.a..b',
    '.a>x',
    'type=',
  ])
    assert.throws(() => addExpression(text), InvalidArgumentError, text);
});
