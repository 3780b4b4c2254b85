// Background work never runs twice at once, backs off with jitter while it fails, can be woken, and is waited for when
// it stops. Invariant 7 of the design (every retry has a limit).
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { LogFields } from './log.ts';
import { silentLog } from './log.ts';
import { repeat, waitMs } from './repeat.ts';

const clock = { now: () => 0, monotonic: () => 0 };
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Work whose runs are ended by hand. */
function work() {
  const ends: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  let under = 0;
  let most = 0;
  const run = async (): Promise<void> => {
    most = Math.max(most, ++under);
    try {
      await new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
    } finally {
      under--;
    }
  };
  return {
    run,
    runs: () => ends.length,
    most: () => most,
    end: async (error?: unknown) => {
      const last = ends.at(-1);
      if (error === undefined) last?.resolve();
      else last?.reject(error);
      await settle();
    },
  };
}

test('it runs at once, then everyMs after the end of each run, never twice at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const job = work();
  const loop = repeat({ everyMs: 100, run: job.run, clock, log: silentLog, name: 'job' });
  assert.equal(job.runs(), 1);
  t.mock.timers.tick(1_000);
  assert.equal(job.runs(), 1, 'the first run has not ended');
  await job.end();
  t.mock.timers.tick(99);
  assert.equal(job.runs(), 1);
  t.mock.timers.tick(1);
  assert.equal(job.runs(), 2);
  await job.end();
  await loop.stop();
  assert.equal(job.most(), 1);
});

test('wake runs it at once when it waits, and once more when it runs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const job = work();
  const loop = repeat({ everyMs: 100_000, run: job.run, clock, log: silentLog, name: 'job' });
  await job.end();
  loop.wake();
  loop.wake();
  t.mock.timers.tick(0);
  assert.equal(job.runs(), 2);
  for (let count = 0; count < 10; count++) loop.wake();
  await job.end();
  t.mock.timers.tick(0);
  assert.equal(job.runs(), 3);
  await job.end();
  t.mock.timers.tick(10);
  assert.equal(job.runs(), 3, 'ten wakes during one run are one further run');
  await loop.stop();
});

test('failures are logged and waited out, and wakes do not shorten that wait', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const note = (message: string, fields?: LogFields) => void lines.push({ message, fields });
  const job = work();
  const loop = repeat({
    everyMs: 100,
    run: job.run,
    clock,
    log: { ...silentLog, error: note, info: note },
    name: 'job',
  });
  const failure = new Error('away');
  await job.end(failure);
  assert.equal(lines[0]?.fields?.error, failure);
  assert.equal(lines[0]?.fields?.name, 'job');
  loop.wake();
  t.mock.timers.tick(99);
  assert.equal(job.runs(), 1);
  t.mock.timers.tick(101);
  assert.equal(job.runs(), 2);
  await job.end();
  assert.equal(lines.length, 2, 'that it works again is said once');
  t.mock.timers.tick(100);
  assert.equal(job.runs(), 3);
  await job.end();
  assert.equal(lines.length, 2);
  await loop.stop();
});

test('work that throws before it returns a promise does not escape', async () => {
  const loop = repeat({
    everyMs: 1,
    run: () => {
      throw new Error('at once');
    },
    clock,
    log: silentLog,
    name: 'job',
  });
  await settle();
  await loop.stop();
});

test('stop tells the run by its signal, waits for it, and starts no other', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let signal: AbortSignal | null = null;
  let isEnded = false;
  let runs = 0;
  const run = (given: AbortSignal) => {
    runs++;
    signal = given;
    return new Promise<void>((resolve) => {
      given.addEventListener('abort', () =>
        setImmediate(() => {
          isEnded = true;
          resolve();
        }),
      );
    });
  };
  const loop = repeat({ everyMs: 1, run, clock, log: silentLog, name: 'job' });
  assert.notEqual(signal, null);
  await Promise.all([loop.stop(), loop.stop()]);
  assert.equal(isEnded, true);
  loop.wake();
  t.mock.timers.tick(10_000);
  assert.equal(runs, 1);
});

test('the wait doubles from everyMs, keeps to ten seconds (or everyMs), and is drawn from its upper half', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 600_000 }),
      fc.integer({ min: 0, max: 1_000 }),
      (everyMs, failures) => {
        const wait = waitMs({ everyMs, failures });
        if (failures === 0) return assert.equal(wait, everyMs);
        const whole = Math.min(Math.max(everyMs, 1) * 2 ** Math.min(failures, 16), Math.max(10_000, everyMs));
        assert.ok(wait >= Math.floor(whole / 2) && wait <= whole, `${wait} of ${whole}`);
      },
    ),
    { seed: 7 },
  );
  assert.ok(new Set(Array.from({ length: 20 }, () => waitMs({ everyMs: 1_000, failures: 3 }))).size > 1);
});
