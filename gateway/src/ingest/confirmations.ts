// node:crypto here: the key that tells a confirmed event from another that nobody signed.
import { hash } from 'node:crypto';
import {
  type AuditPort,
  type Clock,
  type EndpointId,
  type EventState,
  type FanOut,
  type Limits,
  type Log,
  type ReadBack,
  type Repeat,
  repeat,
  SYSTEM,
  utf8,
} from '#base';
import type { Store } from '#store';
import {
  type ConfirmationRow,
  claimConfirmations,
  deleteConfirmation,
  insertConfirmedKey,
  postponeConfirmation,
} from './confirmation-queries.ts';
import type { EndpointInUse } from './endpoint-in-use.ts';
import type { Events } from './events.ts';
import { selectEventForUpdate, updateEventState } from './queries.ts';
import { type ReadBackVerdict, readBack } from './read-back.ts';

/** Asks platforms about events before they go on. */
export interface Confirmations {
  start(): void;
  /** There is something to do. */
  wake(): void;
  /** Claims nothing more and waits for what is under way. */
  stop(): Promise<void>;
}

export interface ConfirmationPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly fanOut: FanOut;
  readonly readBack: ReadBack;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly inUse: (endpoint: EndpointId) => Promise<EndpointInUse | null>;
  readonly open: Events['open'];
}

/** One endpoint gets at most this many places at once, so that a platform that hangs leaves room for the others. */
const SHARE = 4;
const SECOND = 1_000;
/** Between attempts; the last one repeats. */
const WAITS_MS = [5, 30, 120, 600, 1_800, 3_600].map((seconds) => seconds * SECOND);
/** A platform that says no may only be late with saying yes: over some three minutes. */
const DENIALS_MAX = 4;

/** Makes the loop that confirms. Postgres holds the list: a node that is killed leaves its claims to the end of their lease. */
export function createConfirmations(ports: ConfirmationPorts): Confirmations {
  const { store, limits, clock, log } = ports;
  const underWay = new Set<Promise<void>>();
  const busy = new Map<EndpointId, number>();
  let loop: Repeat | null = null;

  const claim = async (): Promise<void> => {
    const places = Math.min(limits.confirmConcurrency - underWay.size, SHARE);
    if (places <= 0) return;
    const now = clock.now();
    const full = [...busy].filter(([, count]) => count >= SHARE).map(([endpoint]) => endpoint);
    const values = [new Date(now), new Date(now + limits.confirmLeaseMs), places, full];
    const rows = await store.system((tx) => tx.rows(claimConfirmations, values));
    for (const row of rows) begin(row);
    if (rows.length > 0) loop?.wake();
  };

  const begin = (row: ConfirmationRow): void => {
    const { endpoint_id: endpoint, event_id: event } = row;
    busy.set(endpoint, (busy.get(endpoint) ?? 0) + 1);
    const work = confirm(ports, row)
      .catch((error: unknown) =>
        log.error('an event could not be confirmed; its lease will end', { event, error }),
      )
      .finally(() => {
        underWay.delete(work);
        const left = (busy.get(endpoint) ?? 1) - 1;
        if (left === 0) busy.delete(endpoint);
        else busy.set(endpoint, left);
        loop?.wake();
      });
    underWay.add(work);
  };

  return {
    start() {
      loop ??= repeat({ name: 'ingest.confirm', everyMs: limits.confirmPollMs, run: claim, clock, log });
    },
    wake: () => loop?.wake(),
    async stop() {
      await loop?.stop();
      loop = null;
      await Promise.allSettled(underWay);
    },
  };
}

async function confirm(ports: ConfirmationPorts, row: ConfirmationRow): Promise<void> {
  const { environment_id: environment, event_id: id, endpoint_id: endpoint } = row;
  const [target, event] = await Promise.all([ports.inUse(endpoint), ports.open(environment, id)]);
  if (target === null || event === null) return settle(ports, row, { to: null });
  const verdict = await readBack(target, event, ports.readBack);
  const decision = decisionOn(ports, { row, verdict, isSigned: target.scheme !== null });
  if ('waitMs' in decision) {
    const next = new Date(ports.clock.now() + decision.waitMs);
    await ports.store.transaction(environment, (tx) =>
      tx.run(postponeConfirmation, [environment, id, next, decision.reason, decision.denied ? 1 : 0]),
    );
    return;
  }
  await settle(ports, row, { ...decision, body: event.body });
}

type Decision =
  | { readonly waitMs: number; readonly reason: string; readonly denied: boolean }
  | {
      readonly to: EventState | null;
      readonly reason?: string;
      readonly detail?: string | null;
      readonly key?: Buffer;
    };

/** What becomes of an event by what the platform said, and how often it was asked. */
function decisionOn(
  { limits, clock }: Pick<ConfirmationPorts, 'limits' | 'clock'>,
  asked: { readonly row: ConfirmationRow; readonly verdict: ReadBackVerdict; readonly isSigned: boolean },
): Decision {
  const { row, verdict, isSigned } = asked;
  const { attempts, denials, since } = row;
  switch (verdict.is) {
    case 'so':
      return { to: 'accepted', ...(isSigned ? {} : { key: keyOf(verdict) }) };
    case 'unaskable':
      return { to: 'quarantined', reason: verdict.reason, detail: verdict.detail };
    case 'not-so':
      if (denials + 1 >= DENIALS_MAX)
        return { to: 'quarantined', reason: verdict.reason, detail: verdict.detail };
      return { waitMs: waitAfter(denials + 1), reason: verdict.reason, denied: true };
    case 'unknown':
      if (clock.now() - since.getTime() > limits.confirmForSeconds * SECOND)
        return { to: 'quarantined', reason: 'unconfirmed', detail: verdict.reason };
      return { waitMs: waitAfter(attempts), reason: verdict.reason, denied: false };
  }
}

function waitAfter(times: number): number {
  return WAITS_MS[Math.min(times, WAITS_MS.length) - 1] ?? SECOND;
}

interface Settled {
  /** `null`: there is nothing left to decide about. */
  readonly to: EventState | null;
  readonly reason?: string;
  readonly detail?: string | null;
  readonly key?: Buffer;
  readonly body?: Uint8Array;
}

/** One transaction: the event's state, its deliveries, its entry, and the end of its place in the list. */
async function settle(ports: ConfirmationPorts, row: ConfirmationRow, settled: Settled): Promise<void> {
  const { store, audit, fanOut } = ports;
  const { environment_id: environment, event_id: id, endpoint_id: endpoint } = row;
  const { body, key } = settled;
  const isFanned = await store.transaction(environment, async (tx) => {
    const event = await tx.row(selectEventForUpdate, [environment, id]);
    await tx.run(deleteConfirmation, [environment, id]);
    // A person was faster.
    if (event === null || event.state !== 'unconfirmed' || settled.to === null || body === undefined)
      return false;
    const isDuplicate =
      key !== undefined && (await tx.run(insertConfirmedKey, [environment, endpoint, key, id])) === 0;
    const to = isDuplicate ? 'discarded' : settled.to;
    const reason = isDuplicate ? 'duplicate' : (settled.reason ?? null);
    await tx.run(updateEventState, [environment, id, to, reason, settled.detail ?? null]);
    await audit.record(tx, environment, {
      action: to === 'accepted' ? 'event.confirmed' : 'event.held',
      actor: SYSTEM,
      resource: `event:${id}`,
      outcome: to === 'accepted' ? 'success' : 'refused',
      details: { state: to, reason, attempts: row.attempts },
    });
    if (to !== 'accepted') return false;
    const { platform, type } = event;
    await fanOut.inTransaction(tx, environment, [{ id, endpoint, platform, type, body }]);
    return true;
  });
  if (isFanned) fanOut.announce();
}

/**
 * A notice about the same thing in the same state is a repetition; about another state it is news. The rest of what it says goes
 * not into it: nobody vouches for that, and whoever made it up could have one notice delivered as many.
 */
function keyOf({ target, answer }: { readonly target: string; readonly answer: Uint8Array }): Buffer {
  return hash('sha256', Buffer.concat([utf8(`confirmed\n${target}\n`), answer]), 'buffer');
}
