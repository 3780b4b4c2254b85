// An id says its kind, sorts by time where it should, can't be guessed, and nothing else passes for one.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { systemClock } from './clock.ts';
import { ID_PREFIXES, type IdKind, idFloor, idTimeMs, isId, newId } from './ids.ts';

const kinds = Object.keys(ID_PREFIXES).filter((name): name is IdKind => Object.hasOwn(ID_PREFIXES, name));
const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const at = (ms: number) => ({ now: () => ms, monotonic: () => 0 });

test('every kind has a prefix of its own', () => {
  const prefixes = Object.values(ID_PREFIXES).map((row) => row.prefix);
  assert.equal(new Set(prefixes).size, prefixes.length);
  for (const prefix of prefixes) assert.match(prefix, /^[a-z]{2,4}$/);
});

test('an id is of its kind and of no other', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.constantFrom(...kinds), moment, (kind, other, ms) => {
      const id = newId(kind, at(ms));
      assert.ok(isId(kind, id));
      assert.equal(isId(other, id), other === kind);
      assert.match(id, /^[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
    }),
    { seed: 7 },
  );
});

test('what is not exactly an id is refused', () => {
  const id = newId('event', systemClock);
  const wrong: unknown[] = [
    '',
    'evt_',
    id.slice(0, -1),
    `${id}0`,
    id.toUpperCase(),
    ` ${id}`,
    `${id}\n`,
    id.replace('_', '-'),
    `evt_8${'0'.repeat(25)}`,
    `evt_${'i'.repeat(26)}`,
    `evt_${'u'.repeat(26)}`,
    null,
    undefined,
    1,
    {},
    [id],
    new String(id),
  ];
  for (const value of wrong) assert.equal(isId('event', value), false, String(value));
});

test('an id of a moment gives it back, to the millisecond', () => {
  fc.assert(
    fc.property(moment, (ms) => {
      assert.equal(idTimeMs(newId('batch', at(ms))), ms);
      assert.equal(idTimeMs(idFloor('event', ms)), ms);
    }),
  );
});

test('ids of a later moment sort after those of an earlier one, and a floor stands before all of its moment', () => {
  fc.assert(
    fc.property(moment, moment, (left, right) => {
      const [early, late] = [newId('entry', at(left)), newId('entry', at(right))];
      if (left !== right) assert.equal(early < late, left < right);
      assert.ok(idFloor('entry', left) <= early);
      assert.ok(isId('entry', idFloor('entry', left)));
      assert.equal(idFloor('entry', -1 - left), idFloor('entry', 0));
    }),
    { seed: 7 },
  );
});

test('a moment before or after all that ids can hold has the floor of the nearest that they can', () => {
  for (const ms of [-1, Date.parse('0000-01-01T00:00:00Z'), -Infinity])
    assert.equal(idFloor('event', ms), idFloor('event', 0));
  for (const ms of [2 ** 48, Infinity]) assert.equal(idFloor('event', ms), idFloor('event', 2 ** 48 - 1));
});

test('random ids tell no moment, and no two ids are alike', () => {
  const ids = Array.from({ length: 2_000 }, () => newId('endpoint', at(0)));
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(new Set(ids.map((id) => id.slice(3, 9))).size > 1_900);
  assert.equal(new Set(Array.from({ length: 2_000 }, () => newId('event', at(0)))).size, 2_000);
});
