import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import {
  type AuditPort,
  type Clock,
  type EnvironmentId,
  type IdKind,
  INSTALLATION,
  idFloor,
  type Limits,
  type Log,
  type Statement,
  SYSTEM,
} from '#base';
import type { Store } from './store.ts';

const monthRow = z.object({
  label: z.string().regex(/^\d{6}$/),
  attached: z.boolean(),
  now_ms: z.number(),
});
const detachRow = z.object({ outcome: z.enum(['detached', 'held', 'young', 'gone']) });
const dropRow = z.object({ dropped: z.boolean() });

export type MonthRow = z.output<typeof monthRow>;
export type DetachOutcome = z.output<typeof detachRow>['outcome'];

/** The parsers of the statements that {@link retireMonths} runs. */
export const retirementRows = Object.freeze({
  month: (row: unknown): MonthRow => monthRow.parse(row),
  detach: (row: unknown): DetachOutcome => detachRow.parse(row).outcome,
  drop: (row: unknown): boolean => dropRow.parse(row).dropped,
});

/** Rows of one environment. */
export interface RowCount {
  readonly environment: EnvironmentId;
  readonly rows: number;
  /** Of those, the ones that were still to be delivered. */
  readonly undelivered?: number;
}

/** A table that lies in months, and for how long a month is kept after its end. */
export interface Retirement {
  readonly table: string;
  readonly kind: IdKind;
  readonly keptDays: number;
  readonly months: Statement<MonthRow>;
  /** `$1` and `$2`: from and to which id. Rows by environment. */
  readonly counts: Statement<RowCount>;
  /** `$1` the label, `$2` days kept, `$3` milliseconds to wait for locks. */
  readonly detach: Statement<DetachOutcome>;
  /** `$1` the label. */
  readonly drop: Statement<boolean>;
  /** What goes with rows that are not seen any more, all of an id below the one given. */
  readonly also?: (belowId: string, signal: AbortSignal) => Promise<void>;
}

export interface RetirementPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
const TRIES_MAX = 5;

/**
 * Drops the months of a table that are over for longer than they are kept, oldest first; how many. One node at a time.
 *
 * The order: what will be lost is counted and stands as an intent in the log of each environment; the month is
 * detached, and not seen from then on; what hangs on it is deleted; the table is dropped. Killed anywhere, the next run
 * goes on: a detached month is what says that there is something left to do. A month that somebody reads is left for the
 * next run (see `retirable`).
 */
export async function retireMonths(
  ports: RetirementPorts,
  retirement: Retirement,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const { store, log } = ports;
  const { table, kind } = retirement;
  if ((await monthsToRetire(ports, retirement)).length === 0) return 0;
  const dropped = await store.withLock(`retirement.${table}`, async ({ lost }) => {
    const ended = AbortSignal.any([signal, lost]);
    let count = 0;
    for (const { label, attached } of await monthsToRetire(ports, retirement)) {
      const month = spanOf(label);
      if (ended.aborted) break;
      if (attached && !(await detached(ports, { retirement, label, month, ended }))) break;
      await retirement.also?.(idFloor(kind, month.toMs), ended);
      if (ended.aborted) break;
      await store.system((tx) => tx.row(retirement.drop, [label]));
      await ports.audit.note(INSTALLATION, {
        action: 'retention.ended',
        actor: SYSTEM,
        resource: `month:${table}_${label}`,
        outcome: 'success',
        details: { table, month: label, keptDays: retirement.keptDays },
      });
      log.info('A month is no longer kept; it was dropped.', { name: `${table}_${label}` });
      count += 1;
    }
    return count;
  });
  return dropped ?? 0;
}

/** Those that are over for long enough by the clock of this node and by that of the database, and those begun with. */
async function monthsToRetire(
  { store, clock }: RetirementPorts,
  { months, keptDays }: Retirement,
): Promise<readonly MonthRow[]> {
  const rows = await store.system((tx) => tx.rows(months, []));
  return rows.filter(({ label, attached, now_ms }) => {
    const overMs = spanOf(label).toMs + keptDays * DAY_MS;
    return !attached || overMs <= Math.min(clock.now(), now_ms);
  });
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Writes down what will be lost, and makes it unseen; `false` when somebody is reading there. */
async function detached(
  ports: RetirementPorts,
  given: {
    readonly retirement: Retirement;
    readonly label: string;
    readonly month: Span;
    readonly ended: AbortSignal;
  },
): Promise<boolean> {
  const { store, audit, limits, log } = ports;
  const { retirement, label, month, ended } = given;
  const { table, keptDays } = retirement;
  const counts = await countsOf(store, retirement, month);
  for (const [environment, { rows, undelivered }] of counts) {
    await audit.note(environment, {
      action: 'retention.begun',
      actor: SYSTEM,
      resource: `month:${table}_${label}`,
      outcome: 'intent',
      details: { table, month: label, keptDays, rows, ...(undelivered > 0 ? { undelivered } : {}) },
    });
    if (undelivered > 0) {
      const fields = { environment, name: `${table}_${label}`, count: undelivered };
      log.warn('Deliveries that nobody took are dropped with their month.', fields);
    }
  }
  const values = [label, keptDays, limits.retentionLockMs];
  for (let tries = 1; !ended.aborted; tries += 1) {
    const outcome = await store.system((tx) => tx.row(retirement.detach, values));
    if (outcome === 'detached') return true;
    if (outcome !== 'held' || tries >= TRIES_MAX) {
      log.warn('A month that is no longer kept could not be dropped yet.', {
        name: `${table}_${label}`,
        reason: outcome ?? 'gone',
      });
      return false;
    }
    await delay(limits.retentionRetryMs, null, { signal: ended }).catch(() => null);
  }
  return false;
}

/** Day by day, so that no statement takes long, however much a month holds. */
async function countsOf(
  store: Store,
  { kind, counts }: Retirement,
  { fromMs, toMs }: Span,
): Promise<ReadonlyMap<EnvironmentId, { rows: number; undelivered: number }>> {
  const sums = new Map<EnvironmentId, { rows: number; undelivered: number }>();
  for (let ms = fromMs; ms < toMs; ms += DAY_MS) {
    const values = [idFloor(kind, ms), idFloor(kind, Math.min(ms + DAY_MS, toMs))];
    for (const { environment, rows, undelivered = 0 } of await store.system((tx) =>
      tx.rows(counts, values),
    )) {
      const before = sums.get(environment) ?? { rows: 0, undelivered: 0 };
      sums.set(environment, {
        rows: before.rows + rows,
        undelivered: before.undelivered + undelivered,
      });
    }
  }
  return sums;
}

function spanOf(label: string): Span {
  const year = Number(label.slice(0, 4));
  const month = Number(label.slice(4));
  return { fromMs: Date.UTC(year, month - 1, 1), toMs: Date.UTC(year, month, 1) };
}
