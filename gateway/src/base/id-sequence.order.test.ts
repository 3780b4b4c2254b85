// Ids of a sequence sort in the order in which they were made, within a millisecond and over a clock that is set back, and
// none is made twice. Events of an endpoint are read in the order of arrival by their ids. Design 7; trap "Delivering".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from './clock.ts';
import { createIdSequence } from './id-sequence.ts';
import { idFloor, isId } from './ids.ts';

function clockAt(times: readonly number[]): Clock {
  let at = 0;
  return { now: () => times[Math.min(at++, times.length - 1)] ?? 0, monotonic: () => 0 };
}

test('ids of one millisecond sort in the order in which they were made', () => {
  const next = createIdSequence('event', clockAt([1_700_000_000_000]));
  const made = Array.from({ length: 5_000 }, next);
  assert.deepEqual(made.toSorted(), made);
  assert.equal(new Set(made).size, made.length);
  assert.ok(made.every((id) => isId('event', id)));
});

test('a clock that is set back by a day makes no id that sorts before an earlier one', () => {
  const day = 86_400_000;
  const times = [2 * day, 2 * day + 5, day, day + 1, 2 * day + 4, 2 * day + 5, 2 * day + 6];
  const next = createIdSequence('event', clockAt(times));
  const made = times.map(next);
  assert.deepEqual(made.toSorted(), made);
});

test('a clock that was a year ahead and is set right is followed: ids do not stay in a month that nobody has made', () => {
  const day = 86_400_000;
  const next = createIdSequence('event', clockAt([10 * day, 375 * day, 10 * day + 5, 10 * day + 6]));
  const before = next();
  next();
  const after = next();
  const later = next();
  assert.ok(before < after && after < later && later < idFloor('event', 11 * day));
});
