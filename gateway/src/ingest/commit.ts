import {
  type AuditPort,
  type Clock,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  type EventState,
  type FanOut,
  Fault,
  type JsonValue,
  type KeyId,
  type Limits,
  type Log,
  type LogFields,
  SYSTEM,
  type Transaction,
  toFault,
  toHex,
} from '#base';
import { type Batcher, type BatchResult, createBatcher, type Store } from '#store';
import { insertConfirmations } from './confirmation-queries.ts';
import { insertEvents, selectEventKeys } from './queries.ts';

/** A verified webhook or an application's own event, sealed, on its way to the disk. */
export interface Incoming {
  readonly environment: EnvironmentId;
  /** `null` for an application's own event. */
  readonly endpoint: EndpointId | null;
  /** Whose key sent an own event; `null` for a webhook. */
  readonly sender: KeyId | null;
  readonly id: EventId;
  readonly duplicateKey: Uint8Array;
  readonly platform: string;
  readonly type: string | null;
  readonly platformEvent: string | null;
  readonly receivedAtMs: number;
  readonly bytes: number;
  readonly digest: Uint8Array;
  readonly contentType: string;
  readonly state: EventState;
  /** Why it is held; `null` when it is not. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** As it came in: destinations may ask what it says. */
  readonly body: Uint8Array;
  /** How many of the sealed bytes are headers. */
  readonly headBytes: number;
  readonly sealedBody: Uint8Array;
}

export interface Stored {
  readonly event: EventId;
  readonly duplicate: boolean;
}

export interface CommitPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly fanOut: FanOut;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after the commit: there are events to be confirmed. */
  readonly confirm: () => void;
}

/** So that one that waits, for the lock of an ordered destination or for the disk, does not hold up the others. */
const CONCURRENCY = 2;
const EVENTS_PER_ENTRY_MAX = 256;
/** What an event adds to an entry (two ids, a digest, quotes and commas), and what the entry has besides: rounded up. */
const ENTRY_BYTES_PER_EVENT = 136;
const ENTRY_BYTES = 512;

/** Group commit of events: those that arrive while a commit is under way share the next one. */
export function createCommits(ports: CommitPorts): Batcher<Incoming, Stored> {
  const { limits, clock } = ports;
  return createBatcher<Incoming, Stored>({
    name: 'events',
    flush: (items) => flush(ports, items),
    itemsMax: limits.webhookBatchItemsMax,
    bytesMax: limits.webhookBatchBytesMax,
    bytesOf: ({ sealedBody, body }) => sealedBody.length + body.length,
    queueItemsMax: limits.webhookQueueItemsMax,
    queueBytesMax: limits.webhookQueueBytesMax,
    concurrency: CONCURRENCY,
    timeoutMs: limits.webhookCommitTimeoutMs,
    clock,
  });
}

async function flush(
  ports: CommitPorts,
  items: readonly Incoming[],
): Promise<readonly BatchResult<Stored>[]> {
  const results = new Map<Incoming, BatchResult<Stored>>();
  const store = async (environment: EnvironmentId, group: readonly Incoming[]): Promise<void> => {
    try {
      for (const [item, value] of await storeGroup(ports, environment, group)) {
        results.set(item, { ok: true, value });
        if (!value.duplicate) ports.log.info('event stored', fieldsOf(item));
      }
    } catch (thrown) {
      for (const item of group) results.set(item, { ok: false, fault: toFault(thrown) });
    }
  };
  // Side by side: an environment whose events go to many destinations holds up no other.
  await Promise.all(
    [...Map.groupBy(items, (item) => item.environment)].map(([environment, group]) =>
      store(environment, group),
    ),
  );
  ports.fanOut.announce();
  if (items.some(({ state }) => state === 'unconfirmed')) ports.confirm();
  return items.map((item) => results.get(item) ?? { ok: false, fault: new Fault('INTERNAL') });
}

function fieldsOf({ id, endpoint, platform, type, state }: Incoming): LogFields {
  return {
    event: id,
    platform,
    ...(endpoint === null ? {} : { endpoint }),
    ...(type === null ? {} : { name: type }),
    ...(state === 'accepted' ? {} : { state }),
  };
}

/** One transaction: events, their deliveries and their entry in the log, all or none. */
function storeGroup(
  { store, audit, fanOut, limits }: CommitPorts,
  environment: EnvironmentId,
  group: readonly Incoming[],
): Promise<ReadonlyMap<Incoming, Stored>> {
  return store.transaction(environment, async (tx) => {
    const stored = new Set<string>(await tx.rows(insertEvents, valuesOf(environment, group)));
    const results = new Map<Incoming, Stored>();
    const fresh = group.filter(({ id }) => stored.has(id));
    for (const item of fresh) results.set(item, { event: item.id, duplicate: false });
    const repeated = group.filter(({ id }) => !stored.has(id));
    if (repeated.length > 0) {
      const keys = [
        environment,
        repeated.map(({ endpoint }) => endpoint),
        repeated.map((item) => Buffer.from(item.duplicateKey)),
      ];
      for (const { event_id: event, position } of await tx.rows(selectEventKeys, keys)) {
        const item = repeated[position - 1];
        if (item !== undefined) results.set(item, { event, duplicate: true });
      }
    }
    if (fresh.length === 0) return results;
    // Written one behind the other without waiting in between: one round trip for all of them.
    const accepted = fresh.filter(({ state }) => state === 'accepted');
    const writes = accepted.length === 0 ? [] : [fanOut.inTransaction(tx, environment, accepted)];
    const perEntry = eventsPerEntry(limits);
    for (const [sender, of] of Map.groupBy(fresh, (item) => item.sender)) {
      for (let at = 0; at < of.length; at += perEntry) {
        const some = of.slice(at, at + perEntry);
        writes.push(audit.record(tx, environment, entryOf(sender, some)));
        const held = some.filter(({ state }) => state !== 'accepted');
        if (held.length > 0) writes.push(audit.record(tx, environment, heldEntryOf(held)));
      }
    }
    const unconfirmed = fresh.filter(({ state }) => state === 'unconfirmed');
    if (unconfirmed.length > 0) writes.push(enlist(tx, environment, unconfirmed));
    await Promise.all(writes);
    return results;
  });
}

/** What waits for the platform's word gets its place in the list in the transaction that stores it. */
async function enlist(
  tx: Transaction,
  environment: EnvironmentId,
  events: readonly Incoming[],
): Promise<void> {
  const [first] = events;
  if (first === undefined) return;
  await tx.run(insertConfirmations, [
    environment,
    events.map(({ id }) => id),
    events.map(({ endpoint }) => endpoint),
    new Date(first.receivedAtMs),
  ]);
}

/** As many as stay below the limit of an entry, however low that is set. */
function eventsPerEntry({ auditDetailsBytesMax }: Limits): number {
  const fitting = Math.floor((auditDetailsBytesMax - ENTRY_BYTES) / ENTRY_BYTES_PER_EVENT);
  return Math.max(1, Math.min(fitting, EVENTS_PER_ENTRY_MAX));
}

function entryOf(sender: KeyId | null, fresh: readonly Incoming[]) {
  const events: JsonValue = fresh.map(({ id, endpoint, digest }) => [id, endpoint, toHex(digest)]);
  return {
    action: 'event.stored',
    actor:
      sender === null
        ? { ...SYSTEM, kind: 'platform' as const, id: fresh[0]?.platform ?? null }
        : { ...SYSTEM, kind: 'key' as const, id: sender },
    resource: null,
    outcome: 'success' as const,
    details: { count: fresh.length, events },
  };
}

/** Which of the events just stored are not delivered, and why. */
function heldEntryOf(held: readonly Incoming[]) {
  const events: JsonValue = held.map(({ id, state, reason }) => [id, state, reason]);
  return {
    action: 'event.held',
    actor: { ...SYSTEM, kind: 'platform' as const, id: held[0]?.platform ?? null },
    resource: null,
    outcome: 'refused' as const,
    details: { count: held.length, events },
  };
}

function valuesOf(environment: EnvironmentId, group: readonly Incoming[]): readonly unknown[] {
  const starts: number[] = [];
  let start = 1;
  for (const { sealedBody } of group) {
    starts.push(start);
    start += sealedBody.length;
  }
  return [
    environment,
    group.map(({ endpoint }) => endpoint),
    Buffer.concat(group.map(({ duplicateKey }) => duplicateKey)),
    Buffer.concat(group.map(({ digest }) => digest)),
    Buffer.concat(group.map(({ sealedBody }) => sealedBody)),
    group.map(({ id }) => id),
    group.map(({ platform }) => platform),
    group.map(({ type }) => type),
    group.map(({ platformEvent }) => platformEvent),
    group.map(({ receivedAtMs }) => receivedAtMs),
    group.map(({ bytes }) => bytes),
    group.map(({ contentType }) => contentType),
    starts,
    group.map(({ sealedBody }) => sealedBody.length),
    group.map(({ state }) => state),
    group.map(({ reason }) => reason),
    group.map(({ detail }) => detail),
    group.map(({ headBytes }) => headBytes),
  ];
}
