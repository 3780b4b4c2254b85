// node:crypto here: the digest by which a signature is remembered.
import { hash } from 'node:crypto';
import { type Clock, type EnvironmentId, type Limits, toHex } from '#base';
import { createBatcher, type Store, sweepOld } from '#store';
import { deleteOldSignatures, rememberSignatures } from './signer-queries.ts';

/** A signature that was just verified. */
export interface SeenSignature {
  readonly environment: EnvironmentId;
  /** Decoded: no other spelling of it is another one. */
  readonly mac: Uint8Array;
  /** With whose it is, or `null` where the scheme has none. */
  readonly nonce: { readonly keyId: string; readonly text: string } | null;
  /** Until when it would be accepted. */
  readonly expiresMs: number;
}

/** The memory of signatures, so that none is accepted twice, by any node, before or after a restart (U8). */
export interface Replays {
  /** Whether it is new; remembered with that, durably. Throws `STORE_UNAVAILABLE` or `BUSY`: then nobody is let in. */
  isNew(signature: SeenSignature): Promise<boolean>;
  /** Forgets those whose time is over; the number forgotten. */
  sweep(): Promise<number>;
  stop(): Promise<void>;
}

/** Nodes whose clocks differ by this much still agree on what is too old. */
const MARGIN_MS = 60_000;
const SWEEP = { rowsMax: 5_000, roundsMax: 50 } as const;
const CONCURRENCY = 2;

/**
 * Remembers signatures in the database, whichever node verified them: a unique key in one insert decides, for all that
 * arrive while another insert is under way together.
 */
export function createReplays({
  store,
  limits,
  clock,
}: {
  store: Store;
  limits: Limits;
  clock: Clock;
}): Replays {
  const memory = createBatcher<SeenSignature, boolean>({
    name: 'signatures',
    itemsMax: limits.replayBatchItemsMax,
    concurrency: CONCURRENCY,
    timeoutMs: limits.replayTimeoutMs,
    clock,
    async flush(items) {
      // In one order on every node: who sends the same ones in two orders must not have nodes wait in a circle.
      const marks = items
        .flatMap((item) => marksOf(item).map((digest) => ({ item, digest })))
        .sort((one, other) => Buffer.compare(one.digest, other.digest));
      const rows = await store.system((tx) =>
        tx.rows(rememberSignatures, [
          marks.map(({ item }) => item.environment),
          marks.map(({ digest }) => digest),
          marks.map(({ item }) => new Date(item.expiresMs + MARGIN_MS)),
        ]),
      );
      const fresh = new Set(rows.map((row) => `${row.environment_id} ${toHex(row.digest)}`));
      // Of two in one batch the first is new; taking its marks away leaves none for the second.
      return items.map((item) => {
        const taken = marksOf(item).map((digest) => fresh.delete(`${item.environment} ${toHex(digest)}`));
        return { ok: true, value: taken.every((isFresh) => isFresh) };
      });
    },
  });

  return {
    isNew: (signature) => memory.add(signature),
    async sweep() {
      const before = new Date(clock.now());
      return sweepOld(store, { ...SWEEP, statement: deleteOldSignatures, before });
    },
    stop: () => memory.close(),
  };
}

/** What must not come again: the signature itself, and a nonce of its key, however it is signed. */
function marksOf({ mac, nonce }: SeenSignature): readonly Buffer[] {
  const signature = hash('sha256', Buffer.concat([Buffer.from('mac\n'), mac]), 'buffer');
  if (nonce === null) return [signature];
  return [signature, hash('sha256', `nonce\n${nonce.keyId}\n${nonce.text}`, 'buffer')];
}
