import type { Clock, Log } from '#base';
import type { Demand, Rate } from './rate.ts';
import { createSubjects, type Subjects } from './subjects.ts';
import { checkDemands, type Granted, judge, type Refused, statesOf, type Taken } from './taken.ts';

export interface LocalCountOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Subjects remembered for each rate. */
  readonly subjectsMax: number;
}

/** Counting on this node. Everything happens at once, so nothing can come between look and take. */
export interface LocalCount {
  take(demands: readonly Demand[]): Taken;
  look(demands: readonly Demand[]): Taken;
  giveBack(demands: readonly Demand[]): void;
  /** The demands of subjects that owe something, each with a rate whose interval is what it owes. */
  owed(demands: readonly Demand[]): readonly Demand[];
  /** Takes over what the shared store knows of a subject, to go on from there should it go away. */
  adopt(demands: readonly Demand[], debtsUs: readonly number[]): void;
}

/** Rates come from code and configuration, never from a request. */
const RATES_MAX = 1_024;
const TELL_EVERY_MS = 60_000;

export function createLocalCount({ clock, log, subjectsMax }: LocalCountOptions): LocalCount {
  // A table for each rate: a flood of addresses can't push out what is known of keys.
  const tables = new Map<string, Subjects>();
  const nowUs = (): number => Math.round(clock.monotonic() * 1_000);
  let forgotten = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;

  const onForgotten = (count: number): void => {
    forgotten += count;
    if (clock.monotonic() - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = clock.monotonic();
    log.warn('Too many subjects for the rate limits: those nearest to being free were forgotten.', {
      count: forgotten,
    });
    forgotten = 0;
  };

  const tableOf = ({ name }: Rate): Subjects => {
    const known = tables.get(name);
    if (known !== undefined) return known;
    if (tables.size >= RATES_MAX) throw new TypeError('rates: too many names');
    const table = createSubjects({ itemsMax: subjectsMax, onForgotten });
    tables.set(name, table);
    return table;
  };

  const debtsOf = (demands: readonly Demand[], now: number): number[] =>
    demands.map(({ rate, subject }) => tableOf(rate).debtUs(subject, now));

  const shift = (demands: readonly Demand[], now: number, sign: 1 | -1): void => {
    for (const { rate, subject } of demands) {
      const table = tableOf(rate);
      table.set(subject, table.debtUs(subject, now) + sign * rate.intervalUs, now);
    }
  };

  const granted = (demands: readonly Demand[], now: number): Granted => ({
    ok: true,
    states: statesOf(demands, debtsOf(demands, now)),
    demands,
    counted: 'node',
  });

  const refused = (demands: readonly Demand[], now: number): Refused | null => {
    checkDemands(demands);
    return judge(demands, debtsOf(demands, now));
  };

  return {
    take(demands) {
      const now = nowUs();
      const refusal = refused(demands, now);
      if (refusal !== null) return refusal;
      shift(demands, now, 1);
      return granted(demands, now);
    },
    look(demands) {
      const now = nowUs();
      return refused(demands, now) ?? granted(demands, now);
    },
    giveBack(demands) {
      shift(demands, nowUs(), -1);
    },
    owed(demands) {
      const debtsUs = debtsOf(demands, nowUs());
      return demands.flatMap(({ rate, subject }, at) => {
        const intervalUs = Math.min(debtsUs[at] ?? 0, rate.toleranceUs);
        return intervalUs > 0 ? [{ rate: { ...rate, intervalUs }, subject }] : [];
      });
    },
    adopt(demands, debtsUs) {
      const now = nowUs();
      for (const [at, { rate, subject }] of demands.entries())
        tableOf(rate).set(subject, Math.min(debtsUs[at] ?? 0, rate.toleranceUs), now);
    },
  };
}
