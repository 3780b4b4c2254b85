// In a table, a name from outside finds a row or nothing: no name reaches what every object inherits.
// Trap "Verifying": checking an algorithm or key by a field the sender controls.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from './faults.ts';
import { frozenTable } from './frozen-table.ts';

test('a name that every object inherits finds nothing', () => {
  const inherited = [...Object.getOwnPropertyNames(Object.prototype), ''];
  for (const table of [frozenTable<Record<string, number>>({ row: 1 }), FAULTS]) {
    for (const name of inherited) assert.ok(!(name in table), name);
    assert.equal(Object.getPrototypeOf(table), null);
  }
});

test('a table cannot be changed, and what it was made of stays as it was', () => {
  const rows = { one: 1 };
  const table = frozenTable(rows);
  assert.ok(Object.isFrozen(table));
  assert.throws(() => Object.assign(table, { one: 2 }), TypeError);
  assert.deepEqual({ ...table }, rows);
  assert.equal(Object.getPrototypeOf(rows), Object.prototype);
});
