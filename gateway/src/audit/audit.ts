import {
  type Entry,
  emptyTree,
  exportLines,
  parseCheckpoint,
  parseEntry,
  treeRoot,
} from '@sallyport/evidence';
import {
  type AuditPort,
  type Clock,
  type EnvironmentId,
  Fault,
  type Limits,
  type Log,
  type Statement,
  toBase64,
} from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import {
  selectCheckpoints,
  selectEntries,
  selectEntriesBefore,
  selectEntriesOfResource,
  selectLastCheckpoint,
  selectLeaves,
} from './queries.ts';
import { createRecorder } from './record.ts';
import { createSequencer } from './sequencer.ts';
import { createSigners, originOf } from './signer.ts';
import { type CheckpointSink, createPublisher } from './sinks.ts';

export interface AuditPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly sinks: readonly CheckpointSink[];
}

export interface EntryQuery {
  readonly environment: EnvironmentId;
  /** The index after (below) which the page begins. */
  readonly after?: number | undefined;
  readonly limit: number;
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
}

export interface EntryPage {
  readonly items: readonly { readonly index: number; readonly entry: Entry }[];
  readonly next: number | null;
}

/** The log of every environment. */
export interface Audit extends AuditPort {
  start(): void;
  /** Integrates and signs what is pending, and hands it to the sinks. */
  stop(): Promise<void>;
  /** Integrates and signs what is pending in the log of an environment, for the last time; its end, or `null` if it is empty. */
  finish(environment: EnvironmentId): Promise<{ size: number; root: string } | null>;
  /** Forgets signing keys in memory, of an environment or of all. For when they may have been destroyed. */
  forget(environment: EnvironmentId | 'all'): void;
  /** Integrates what is pending now; the number of entries. */
  integrate(): Promise<number>;
  /** Entries in the tree, newest first. */
  entries(query: EntryQuery): Promise<EntryPage>;
  /** The newest signed checkpoint, or `null` before the first. */
  checkpoint(environment: EnvironmentId): Promise<string | null>;
  /** The key that verifies the checkpoints of an environment (C2SP signed-note). */
  verifierKey(environment: EnvironmentId): Promise<string>;
  /** The log up to the newest checkpoint as the lines that `@sallyport/evidence` verifies. */
  export(environment: EnvironmentId): AsyncIterable<string>;
}

const PAGE_ITEMS = 1_024;

/** Makes the audit room. */
export function createAudit(ports: AuditPorts): Audit {
  const { store, limits, log, sinks } = ports;
  const signerOf = createSigners(ports);
  const publisher = createPublisher({ sinks, timeoutMs: limits.auditSinkTimeoutMs, log });
  const sequencer = createSequencer({ ...ports, signerOf, publisher });
  const recorder = createRecorder(ports);

  return {
    record: recorder.record,
    note: recorder.note,
    start: sequencer.start,
    integrate: sequencer.integrate,
    async finish(environment) {
      await sequencer.finish(environment);
      const row = await store.transaction(environment, (tx) => tx.row(selectLastCheckpoint, [environment]));
      if (row === null) return null;
      const checkpoint = parseCheckpoint(row.note);
      if (!checkpoint.ok) throw new Fault('INTERNAL', { cause: new Error('A checkpoint can not be read.') });
      return { size: checkpoint.size, root: toBase64(checkpoint.root) };
    },
    forget: signerOf.forget,
    async stop() {
      await recorder.close();
      // What was signed leaves the node also when the store is away.
      try {
        await sequencer.stop();
      } finally {
        await publisher.drain();
      }
    },
    async entries({ environment, after, limit, action, resource }) {
      const values = [environment, after ?? null, action ?? null, limit + 1];
      const rows = await store.transaction(environment, (tx) =>
        resource === undefined
          ? tx.rows(selectEntriesBefore, values)
          : tx.rows(selectEntriesOfResource, [...values, resource]),
      );
      const items = rows
        .slice(0, limit)
        .map(({ leaf_index, entry }) => ({ index: leaf_index, entry: parseEntry(entry) }));
      return { items, next: rows.length > limit ? (items.at(-1)?.index ?? null) : null };
    },
    async checkpoint(environment) {
      const row = await store.transaction(environment, (tx) => tx.row(selectLastCheckpoint, [environment]));
      return row?.note ?? null;
    },
    async verifierKey(environment) {
      return (await signerOf(environment)).verifierKey;
    },
    async *export(environment) {
      const last = await store.transaction(environment, (tx) => tx.row(selectLastCheckpoint, [environment]));
      const size = last?.size ?? 0;
      const signer = await signerOf(environment);
      // Nothing is integrated yet: that, too, is signed, or an empty export could not be told from a forged one.
      const first = last === null ? [signer.sign({ size: 0, root: treeRoot(emptyTree()) })] : [];
      const pages = { store, environment, size };
      yield* exportLines({
        environment,
        origin: originOf(environment),
        verifierKey: signer.verifierKey,
        size,
        checkpoints: last === null ? first : checkpointNotes(pages),
        leafHashes: leafHashes(pages),
        entries: entryBytes(pages),
      });
    },
  };
}

interface Pages {
  readonly store: Store;
  readonly environment: EnvironmentId;
  readonly size: number;
}

/**
 * Rows by index range, a page at a time and each in a short transaction: the log below a checkpoint never changes.
 * Throws `INTERNAL` where one is missing, which no gateway does: an export that ends early must not look whole.
 */
async function* paged<Row extends { readonly leaf_index: number }>(
  { store, environment, size }: Pages,
  query: Statement<Row>,
): AsyncGenerator<Row> {
  let expected = 0;
  while (expected < size) {
    const to = Math.min(expected + PAGE_ITEMS, size);
    const rows = await store.transaction(environment, (tx) => tx.rows(query, [environment, expected, to]));
    for (const row of rows) {
      if (row.leaf_index !== expected) throw missing(environment, expected);
      yield row;
      expected += 1;
    }
    if (expected !== to) throw missing(environment, expected);
  }
}

function missing(environment: EnvironmentId, index: number): Fault {
  return new Fault('INTERNAL', {
    cause: new Error(`Entry ${index} of the log of ${environment} is missing.`),
  });
}

async function* leafHashes(pages: Pages): AsyncGenerator<Uint8Array> {
  for await (const { leaf } of paged(pages, selectLeaves)) yield leaf;
}

async function* entryBytes(pages: Pages): AsyncGenerator<{ index: number; bytes: Uint8Array }> {
  for await (const { leaf_index, entry } of paged(pages, selectEntries))
    yield { index: leaf_index, bytes: entry };
}

async function* checkpointNotes({ store, environment, size }: Pages): AsyncGenerator<string> {
  for (let above = 0; above < size; ) {
    const values = [environment, above, size, PAGE_ITEMS];
    const rows = await store.transaction(environment, (tx) => tx.rows(selectCheckpoints, values));
    for (const { note } of rows) yield note;
    const last = rows.at(-1);
    if (last === undefined) return;
    above = last.size;
  }
}
