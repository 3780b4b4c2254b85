// A flood of subjects costs bounded memory and time, and never makes the limiter forget a subject that owes more while it keeps
// one that owes less; who owes nothing goes first. Invariant 7; K18 U14.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitsWith, silentLog } from '#base';
import { createRates, rateOf } from '#rates';
import { createSubjects } from './subjects.ts';

test('who is forgotten owed no more than anyone who is kept', () => {
  const step = fc.record({
    subject: fc.nat(60),
    debtUs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1_000 })),
    passUs: fc.oneof(fc.constant(0), fc.nat(50)),
  });
  const property = fc.property(
    fc.integer({ min: 1, max: 40 }),
    fc.array(step, { maxLength: 300 }),
    (itemsMax, steps) => {
      let forgotten = 0;
      const subjects = createSubjects({ itemsMax, onForgotten: (count) => (forgotten += count) });
      const owed = new Map<string, number>(); // when each is free
      let nowUs = 0;
      for (const { subject, debtUs, passUs } of steps) {
        nowUs += passUs;
        const before = forgotten;
        subjects.set(`s${subject}`, debtUs, nowUs);
        owed.set(`s${subject}`, nowUs + debtUs);
        assert.ok(subjects.size <= itemsMax);
        const lost: number[] = [];
        const kept: number[] = [];
        for (const [name, freeAtUs] of owed) {
          if (freeAtUs <= nowUs) owed.delete(name);
          else if (subjects.debtUs(name, nowUs) === 0) {
            lost.push(freeAtUs);
            owed.delete(name);
          } else {
            assert.equal(subjects.debtUs(name, nowUs), freeAtUs - nowUs);
            if (name !== `s${subject}`) kept.push(freeAtUs);
          }
        }
        assert.equal(lost.length, forgotten - before, 'no debtor is forgotten without a word');
        assert.ok(Math.max(...lost, 0) <= Math.min(...kept, Number.POSITIVE_INFINITY));
      }
    },
  );
  fc.assert(property, { seed: 20_261_125, numRuns: 2_000 });
});

test('while addresses stream by, one that is limited stays limited, and keys are untouched', async () => {
  let ms = 0;
  const lines: unknown[] = [];
  const rates = await createRates({
    clock: { now: () => 0, monotonic: () => ms },
    limits: limitsWith({ rateSubjectsMax: 1_000 }),
    log: { ...silentLog, warn: (_message, fields) => lines.push(fields?.count) },
    redisUrl: null,
  });
  const byAddress = rateOf({ name: 'address', limit: 5, windowSeconds: 900 });
  const byKey = rateOf({ name: 'key', limit: 5, windowSeconds: 900 });
  const victims = [
    { rate: byAddress, subject: '192.0.2.1' },
    { rate: byKey, subject: 'key_1' },
  ];
  for (let count = 0; count < 5; count++) await rates.take(victims);
  for (let count = 0; count < 100_000; count++) {
    ms += 1;
    await rates.take([{ rate: byAddress, subject: `2001:db8:${count.toString(16)}::/64` }]);
  }
  for (const victim of victims) assert.ok(!(await rates.look([victim])).ok);
  assert.ok(lines.length >= 1 && lines.length <= 3, 'said at most once a minute');
  await rates.close();
});

test('newcomers clear away who owes nothing, without a timer', () => {
  const subjects = createSubjects({
    itemsMax: 1_000_000,
    onForgotten: () => assert.fail('nobody has to go'),
  });
  for (let nowUs = 0; nowUs < 50_000; nowUs++) subjects.set(`s${nowUs}`, 100, nowUs);
  assert.ok(subjects.size < 1_000, `${subjects.size} are kept, though 100 owe something`);
});
