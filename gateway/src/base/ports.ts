import type { ConnectionId, EndpointId, EnvironmentId, EventId } from './ids.ts';

/**
 * The ports through which rooms reach the store, the log and each other without importing them.
 * `main.ts` joins them.
 */

/** A statement of a room's `queries.ts`: named (prepared once a connection), with a parser for its rows. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  readonly row: (row: unknown) => Row;
}

/** A transaction. Everything in it is seen together or not at all. No network call belongs inside. */
export interface Transaction {
  /** The rows of a statement, each parsed. */
  rows<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>;
  /** Exactly one row, or `null` when there is none. */
  row<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row | null>;
  /** The number of rows touched. */
  run(statement: Statement<unknown>, values: readonly unknown[]): Promise<number>;
}

export type ActorKind = 'key' | 'person' | 'system' | 'platform' | 'anonymous';

/** Who acts, from where, in which request. */
export interface Actor {
  readonly kind: ActorKind;
  readonly id: string | null;
  readonly address: string | null;
  readonly agent: string | null;
  readonly request: string | null;
}

/** The actor of what the gateway does by itself. */
export const SYSTEM: Actor = Object.freeze({
  kind: 'system',
  id: null,
  address: null,
  agent: null,
  request: null,
});

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What is recorded of an act. `details` hold ids, counts, digests and reasons: never a secret, a payload or a person. */
export interface Act {
  /** `noun.verb_in_past`: `key.created`, `event.stored`, `call.forwarded`. */
  readonly action: string;
  readonly actor: Actor;
  /** `kind:id` of what was acted on, or `null`. */
  readonly resource: string | null;
  readonly outcome: 'success' | 'refused' | 'failure' | 'intent';
  readonly details: { readonly [key: string]: JsonValue };
  /**
   * For acts of a busy path: those alike but for their request and details, noted within one commit, share an entry that lists
   * these under this name.
   */
  readonly listedAs?: string;
}

/** The log, as the other rooms see it. Both throw `AUDIT_UNAVAILABLE` when the entry can't be written. */
export interface AuditPort {
  /** Records in the transaction of the act: both or neither. */
  record(tx: Transaction, environment: EnvironmentId, act: Act): Promise<void>;
  /** Records an act that has no transaction of its own; resolves when the entry is durable (group-committed). */
  note(environment: EnvironmentId, act: Act): Promise<void>;
}

/** What a room does when an environment's life is over: it empties its own tables of it, a bounded number of rows at a time. */
export interface Erasure {
  /** Deletes up to `rowsMax` rows in an eraser's transaction; how many of which table. Nothing is left when it names none. */
  erase(
    tx: Transaction,
    environment: EnvironmentId,
    rowsMax: number,
  ): Promise<Readonly<Record<string, number>>>;
}

/** One page of a list; `next` is the `after` of the following page, or `null` at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/**
 * `accepted`: goes to destinations. `quarantined`: authentic, but not as it must be; waits for a person. `unconfirmed`: waits
 * until the platform was asked. `discarded`: kept, and never delivered.
 */
export type EventState = 'accepted' | 'quarantined' | 'unconfirmed' | 'discarded';

/** An event as `ingest` stored it, opened. */
export interface StoredEvent {
  readonly id: EventId;
  readonly environment: EnvironmentId;
  /** Where it came in; `null` for an application's own. */
  readonly endpoint: EndpointId | null;
  readonly platform: string;
  readonly type: string | null;
  readonly contentType: string;
  readonly receivedAtMs: number;
  /** Those of the original headers that are kept, in lower case, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Reads events for delivery; those that are held, discarded or erased are not among them. */
export interface EventReader {
  read(environment: EnvironmentId, eventIds: readonly string[]): Promise<ReadonlyMap<string, StoredEvent>>;
  /** Whether there is such an event, in whatever state. */
  isThere(environment: EnvironmentId, event: EventId): Promise<boolean>;
  /** Accepted events of a time in the order of their ids, without their bodies. */
  scan(scan: EventScan): Promise<readonly ScannedEvent[]>;
}

export interface EventScan {
  readonly environment: EnvironmentId;
  /** Received at or after this moment, and before that one. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Only those behind this one. */
  readonly after: EventId | null;
  readonly limit: number;
  readonly platform?: string | undefined;
  /** A type, or the beginning of one and `.*`. */
  readonly type?: string | undefined;
  readonly endpoint?: EndpointId | undefined;
}

export type ScannedEvent = Omit<FannedEvent, 'body'>;

/** Reads an object from a platform, through a connection of the environment; the call is in the log as any other. */
export interface ReadBack {
  /** Whether the environment has such a connection. */
  knows(call: { readonly environment: EnvironmentId; readonly connection: ConnectionId }): Promise<boolean>;
  /** The answer with whatever status, its body bounded by `confirmAnswerBytesMax`. Throws `CONNECTION_NOT_FOUND`, `OUTBOUND_*` and others. */
  read(call: {
    readonly environment: EnvironmentId;
    readonly connection: ConnectionId;
    /** Path and query. */
    readonly target: string;
  }): Promise<{ readonly status: number; readonly body: Uint8Array }>;
}

/** Fetches small documents that anybody may read, such as a platform's public keys. */
export interface PublicDocuments {
  /** The answer with whatever status; no redirect is followed. The caller has pinned the host. Throws `OUTBOUND_*`. */
  get(call: {
    readonly url: string;
    readonly bytesMax: number;
  }): Promise<{ readonly status: number; readonly body: Uint8Array }>;
}

/** An event that may be delivered, as the transaction that decides so has it. */
export interface FannedEvent {
  readonly id: EventId;
  readonly platform: string;
  readonly type: string | null;
  /** Where it came in; `null` for an application's own. */
  readonly endpoint: EndpointId | null;
  readonly body: Uint8Array;
}

/**
 * Called in the transaction in which events become deliverable: when they are stored, released or confirmed. None of them
 * can lack its deliveries.
 */
export interface FanOut {
  inTransaction(tx: Transaction, environment: EnvironmentId, events: readonly FannedEvent[]): Promise<void>;
  /** Called after the commit: there is something to do. Loses nothing when never called. */
  announce(): void;
}
