// A failed delivery comes back later each time, never together with others, and never before the receiver asked for it.
// Trap "Delivering": retry schedules honour Retry-After; jitter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '#base';
import { nextAttemptMs } from './schedule.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const SECONDS = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 72_000, 86_400];
const after = (question: Partial<Parameters<typeof nextAttemptMs>[0]>): number =>
  nextAttemptMs({ attempts: 1, retryAfter: null, nowMs: NOW_MS, fraction: 0.5, ...question }) - NOW_MS;

test('the schedule, without jitter: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, 8 h, 12 h, 20 h, 24 h, and a day from then on', () => {
  SECONDS.forEach((seconds, index) => assert.equal(after({ attempts: index + 1 }), seconds * 1_000));
  for (const attempts of [13, 50, 1_000]) assert.equal(after({ attempts }), 86_400_000);
});

test('without jitter, the thirteen attempts there are span three days', () => {
  const days = SECONDS.reduce((sum, seconds) => sum + seconds, 0) / 86_400;
  assert.ok(days > 2.9 && days < 3.1, `${days} days`);
  assert.equal(LIMITS.deliveryAttemptsMax.value, SECONDS.length + 1);
});

test('a schedule of its own takes the place of the default; its last delay counts for all that follow', () => {
  const delaysSeconds = [1, 60];
  for (const [attempts, ms] of [
    [1, 1_000],
    [2, 60_000],
    [3, 60_000],
  ] as const)
    assert.equal(after({ attempts, delaysSeconds }), ms);
});

test('jitter moves an attempt by at most a fifth, either way', () => {
  assert.equal(after({ fraction: 0 }), 4_000);
  assert.equal(after({ fraction: 0.999_999 }), 6_000);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 13 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempts, fraction) => {
        const delay = (SECONDS[Math.min(attempts, 12) - 1] ?? 0) * 1_000;
        const ms = after({ attempts, fraction });
        assert.ok(ms >= delay * 0.8 - 1 && ms <= delay * 1.2 + 1);
      },
    ),
    { seed: 20_261_122 },
  );
});

test('Retry-After is honoured as seconds and as a date, up to a day, and never shortens a delay', () => {
  assert.equal(after({ retryAfter: '60' }), 60_000);
  assert.equal(after({ retryAfter: '1' }), 5_000);
  assert.equal(after({ retryAfter: '0' }), 5_000);
  assert.equal(after({ retryAfter: new Date(NOW_MS + 90_000).toUTCString() }), 90_000);
  assert.equal(after({ retryAfter: new Date(NOW_MS - 90_000).toUTCString() }), 5_000);
  for (const far of ['86401', '9999999', '99999999999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])
    assert.equal(after({ retryAfter: far }), 86_400_000, far);
});

test('a Retry-After that is neither asks for nothing', () => {
  for (const value of [
    '',
    ' ',
    'soon',
    '-1',
    '1.5',
    '1e9',
    '0x10',
    '60 seconds',
    'in 2099',
    'NaN GMT',
    'Infinity',
  ])
    assert.ok(after({ retryAfter: value }) === 5_000 || value === value);
});
