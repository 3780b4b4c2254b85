import { type Clock, type EnvironmentId, isId, type Limits, type Log, type Transaction } from '#base';
import type { Address } from './connection.ts';
import { connectDedicated, type Dedicated } from './dedicated.ts';
import { sqlStateOf } from './failure.ts';
import { SYSTEM_ROLE } from './isolation.ts';
import type { Pulse } from './pulse.ts';
import {
  changesAfter,
  dropOldChanges,
  insertChange,
  lockChanges,
  newestChange,
  notifyChange,
} from './queries.ts';

/** The subject that stands for all: more happened than this node could hear of. */
export const EVERYTHING = '*';

/** What nodes remember and must forget: the change feed. */
export interface Changes {
  /**
   * Says, as the last statement of the transaction that changes something, that it has changed. After the commit every
   * node hears of it, in the order of the commits: announcing transactions wait for each other until they end.
   *
   * @example await store.changes.announce(tx, environment, `key:${key}`);
   */
  announce(tx: Transaction, environment: EnvironmentId, subject: string): Promise<void>;
  /** Calls back with each subject that was changed by any node, this one included, or {@link EVERYTHING}. */
  follow(onChange: (subject: string) => void): () => void;
  /**
   * Whether all that was committed more than `changesSilentMs` ago has been heard. If not, nothing remembered may be
   * used: the feed is cut, late or not heard yet, and the database has to be asked.
   */
  isFresh(): boolean;
  close(): Promise<void>;
}

const CHANNEL = 'sallyport_changes';
const SUBJECT = /^[a-z]+:[\x21-\x7e]{1,120}$/;
/** The feed keeps this many; a node that missed more forgets everything. */
export const CHANGES_KEPT = 10_000;
/** Looks in `changesSilentMs`, so that one slow answer makes nobody mistrust the feed. */
const LOOKS = 3;
const RECONNECT_MIN_MS = 20;
const RECONNECT_MAX_MS = 1_000;
const TRIM_EVERY_LOOKS = 1_000;

interface Options {
  readonly address: Address;
  readonly limits: Limits;
  readonly log: Log;
  readonly clock: Clock;
  readonly pulse: Pulse;
}

/**
 * Follows the feed on a connection of its own, from the first `follow` on. NOTIFY only makes it quick: each look reads
 * the versions after the last one heard, at least every third of `changesSilentMs`, and what it proves is dated by the
 * moment it was *asked*. So what a node still trusts is never older than `changesSilentMs`, whatever is lost or late.
 */
export function createChanges({ address, limits, log, clock, pulse }: Options): Changes {
  const hearers = new Set<(subject: string) => void>();
  let heard: { version: number; askedAtMs: number } | null = null;
  let connection: Dedicated | null = null;
  let askedOn: Dedicated | null = null;
  let timer: NodeJS.Timeout | null = null;
  let underWay: Promise<void> | null = null;
  let isCalled = false;
  let isClosed = false;
  let isCut = false;
  let reconnectMs = RECONNECT_MIN_MS;
  let looks = 0;

  const tell = (subject: string): void => {
    for (const onChange of hearers) {
      try {
        onChange(subject);
      } catch (error) {
        log.error('A hearer of a change failed.', { name: subject, error });
      }
    }
  };

  const ready = async (): Promise<Dedicated> => {
    if (connection !== null && !connection.lost.aborted) return connection;
    const made = await connectDedicated(address, limits, pulse);
    pulse.attend(made.client);
    made.client.on('notification', () => wake());
    connection = made;
    await Promise.all([made.client.query(`set role ${SYSTEM_ROLE}`), made.client.query(`listen ${CHANNEL}`)]);
    return made;
  };

  const look = async (): Promise<void> => {
    const dedicated = await ready();
    const { client } = dedicated;
    const askedAtMs = clock.monotonic();
    if (heard === null || askedOn !== dedicated) {
      const { rows } = await client.query(newestChange.text);
      const version = newestChange.row(rows[0]);
      askedOn = dedicated;
      // Less than was heard already: a restored or promoted database counts anew, and its changes would not be heard.
      if (heard === null || version < heard.version) {
        heard = { version, askedAtMs };
        tell(EVERYTHING); // whatever was remembered before is of unknown age
        return;
      }
    }
    const { rows } = await client.query({ ...asked(changesAfter), values: [heard.version] });
    const changes = rows.map((row: unknown) => changesAfter.row(row));
    const last = changes.at(-1);
    const version = last?.version ?? heard.version;
    // The feed keeps so many versions and no more: some of them may be gone.
    if (version - heard.version > CHANGES_KEPT) tell(EVERYTHING);
    else for (const { subject } of changes) tell(subject);
    heard = { version, askedAtMs };
  };

  const trim = async (): Promise<void> => {
    if (++looks % TRIM_EVERY_LOOKS === 0) await connection?.client.query(dropOldChanges.text, [CHANGES_KEPT]);
  };

  const run = async (): Promise<void> => {
    isCalled = false;
    pulse.asked();
    try {
      await look();
      pulse.answered();
      await trim(); // may take its time: no question whose answer costs nothing
      if (isCut) log.info('The change feed is heard again.', { name: CHANNEL });
      isCut = false;
      reconnectMs = RECONNECT_MIN_MS;
    } catch (error) {
      if (sqlStateOf(error) !== null) pulse.answered(); // a refusal is an answer
      const lost = connection;
      connection = null;
      await lost?.close();
      reconnectMs = Math.min(reconnectMs * 2, RECONNECT_MAX_MS);
      if (!isCut && !isClosed)
        log.warn('The change feed is not heard; the database is asked instead.', { error });
      isCut = true;
    }
  };

  const start = (): void => {
    timer = null;
    underWay = run().then(() => {
      underWay = null;
      if (isClosed) return;
      const idleMs = limits.changesSilentMs / LOOKS;
      timer = setTimeout(start, isCut ? reconnectMs : isCalled ? 0 : idleMs);
    });
  };

  const wake = (): void => {
    if (isClosed || isCalled) return;
    isCalled = true;
    if (timer === null || isCut) return;
    clearTimeout(timer);
    timer = setTimeout(start, 0);
  };

  return {
    async announce(tx, environment, subject) {
      if (!SUBJECT.test(subject) || !isId('environment', environment))
        throw new TypeError(`change of ${subject}`);
      await tx.rows(lockChanges, []);
      await tx.run(insertChange, [environment, subject]);
      await tx.rows(notifyChange, [CHANNEL]);
    },
    follow(onChange) {
      hearers.add(onChange);
      if (timer === null && underWay === null && !isClosed) start();
      return () => void hearers.delete(onChange);
    },
    isFresh: () => heard !== null && clock.monotonic() - heard.askedAtMs < limits.changesSilentMs,
    async close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await connection?.close();
      await underWay;
      await connection?.close();
    },
  };
}

function asked({ name, text }: { readonly name: string; readonly text: string }): {
  name: string;
  text: string;
} {
  return { name, text };
}
