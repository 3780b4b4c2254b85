// What is counted is written once, exactly, in the order of names, whatever fails meanwhile; and it stays bounded, also
// when nothing can be written. L3 L8; trap "check, then act".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EnvironmentId } from './ids.ts';
import { newId } from './ids.ts';
import { silentLog } from './log.ts';
import { type Counted, createTally } from './tally.ts';

const clock = { now: () => 1_000, monotonic: () => 0 };
const environments = [newId('environment', clock), newId('environment', clock)] as const;

interface Seen {
  readonly environment: EnvironmentId;
  readonly who: string;
}

/** A tally whose writes are added up here, and fail where the test says so. */
function tallied(options: { itemsMax: number; fails?: (environment: EnvironmentId) => boolean }) {
  const sums = new Map<string, number>();
  const orders: string[][] = [];
  const time = { ms: 1_000 };
  const nameOf = ({ environment, who }: Seen): string => `${environment} ${who}`;
  const tally = createTally<Seen>({
    name: 'test',
    nameOf,
    othersOf: (item) => ({ ...item, who: 'others' }),
    async write(environment, counts: readonly Counted<Seen>[]) {
      if (options.fails?.(environment) === true) throw new Error('away');
      orders.push(counts.map(({ item }) => item.who));
      for (const { item, times, firstAtMs, lastAtMs } of counts) {
        assert.ok(firstAtMs <= lastAtMs);
        sums.set(nameOf(item), (sums.get(nameOf(item)) ?? 0) + times);
      }
    },
    itemsMax: options.itemsMax,
    everyMs: 1_000,
    clock: { ...clock, now: () => time.ms++ },
    log: silentLog,
  });
  return { tally, sums, orders, total: () => sums.values().reduce((sum, one) => sum + one, 0) };
}

test('counts add up over writes that fail for some environments and work again later', async () => {
  const step = fc.oneof(
    fc.record({ who: fc.constantFrom('a', 'b', 'c', 'd'), at: fc.constantFrom(0, 1) }),
    fc.constantFrom('works', 'fails', 'half'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let mode = 'works';
      const fails = (environment: EnvironmentId): boolean =>
        mode === 'fails' || (mode === 'half' && environment === environments[1]);
      const { tally, sums, orders } = tallied({ itemsMax: 100, fails });
      const expected = new Map<string, number>();
      for (const one of steps) {
        if (typeof one === 'string') {
          mode = one;
          await tally.flush().catch(() => undefined);
        } else {
          const environment = environments[one.at] ?? environments[0];
          tally.count({ environment, who: one.who });
          const name = `${environment} ${one.who}`;
          expected.set(name, (expected.get(name) ?? 0) + 1);
        }
      }
      mode = 'works';
      await tally.flush();
      assert.deepEqual([...sums].toSorted(), [...expected].toSorted());
      for (const order of orders) assert.deepEqual(order, order.toSorted());
    }),
  );
});

test('those beyond the bound are counted together, and an outage does not make more of them', async () => {
  let isAway = true;
  const { tally, sums, total } = tallied({ itemsMax: 10, fails: () => isAway });
  for (let round = 0; round < 20; round++) {
    for (let at = 0; at < 10; at++) tally.count({ environment: environments[0], who: `${round}-${at}` });
    await assert.rejects(tally.flush());
  }
  isAway = false;
  await tally.flush();
  assert.equal(total(), 200, 'nothing is lost');
  assert.ok(sums.size <= 21, `${sums.size} told apart`);
  await tally.flush();
  assert.equal(total(), 200, 'and nothing is counted twice');
});
