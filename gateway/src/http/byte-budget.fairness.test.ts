// The bytes of all bodies being received stay within one budget, and the slow give way to the quick, never the other way.
// U14 K14; invariant 7; trap "A hanging sink must not stop the world".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ByteShare, createByteBudget, GRACE_MS } from './byte-budget.ts';

function withBudget(bytesMax: number) {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  return { budget: createByteBudget({ bytesMax, clock }), wait: (ms: number) => void (now += ms) };
}

test('when it is spent the newcomer is refused, until somebody is done', () => {
  const { budget } = withBudget(100);
  const lost: string[] = [];
  const first = budget.open(() => lost.push('first'));
  const second = budget.open(() => lost.push('second'));
  assert.equal(first.take(60), true);
  assert.equal(second.take(41), false);
  assert.equal(second.take(40), true);
  assert.equal(first.take(1), false);
  first.close();
  first.close();
  assert.equal(second.take(60), true);
  assert.equal(second.take(1), false);
  assert.deepEqual(lost, []);
});

test('who takes longer than the grace loses what it holds to whoever asks, the oldest first, and only as many as needed', () => {
  const { budget, wait } = withBudget(100);
  const lost: string[] = [];
  const open = (name: string): ByteShare => budget.open(() => lost.push(name));
  const [a, b] = [open('a'), open('b')];
  a.take(50);
  b.take(50);
  wait(GRACE_MS - 1);
  const c = open('c');
  assert.equal(c.take(10), false);
  wait(1);
  assert.equal(c.take(10), true);
  assert.deepEqual(lost, ['a']);
  assert.equal(a.take(1), false, 'gone is gone');
  a.close();
  assert.equal(c.take(40), true);
  assert.equal(c.take(1), true);
  assert.deepEqual(lost, ['a', 'b']);
});

test('nobody gives way to itself', () => {
  const { budget, wait } = withBudget(100);
  const only = budget.open(() => assert.fail());
  assert.equal(only.take(100), true);
  wait(GRACE_MS);
  assert.equal(only.take(1), false);
});

test('whatever is opened, taken, closed and waited for: never more than the budget, and nothing stays taken', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('open' as const) }),
    fc.record({ do: fc.constant('take' as const), at: fc.nat(9), bytes: fc.nat(60) }),
    fc.record({ do: fc.constant('close' as const), at: fc.nat(9) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 2_500, GRACE_MS) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { budget, wait } = withBudget(100);
      const shares: { share: ByteShare; held: number; isOpen: boolean }[] = [];
      for (const one of steps) {
        if (one.do === 'wait') wait(one.ms);
        else if (one.do === 'open') {
          const entry = {
            share: budget.open(() => void ((entry.held = 0), (entry.isOpen = false))),
            held: 0,
            isOpen: true,
          };
          shares.push(entry);
        } else {
          const entry = shares[one.at % Math.max(shares.length, 1)];
          if (entry === undefined) continue;
          if (one.do === 'close') {
            entry.share.close();
            entry.held = 0;
            entry.isOpen = false;
          } else if (entry.share.take(one.bytes)) {
            assert.ok(entry.isOpen);
            entry.held += one.bytes;
          }
        }
        assert.ok(shares.reduce((sum, { held }) => sum + held, 0) <= 100);
      }
      for (const { share } of shares) share.close();
      assert.equal(budget.open(() => undefined).take(100), true);
    }),
    { seed: 20_261_126, numRuns: 3_000 },
  );
});
