import { type Clock, Fault, toFault } from '#base';
import { StoreFailure } from './failure.ts';

/** What became of one item of a flush. */
export type BatchResult<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly fault: Fault };

export interface BatcherOptions<Item, Result> {
  /** For errors: what is batched. */
  readonly name: string;
  /** Does the work of several items at once; gives one result each, in their order. A throw fails all of them. */
  readonly flush: (items: readonly Item[]) => Promise<readonly BatchResult<Result>[]>;
  readonly itemsMax: number;
  readonly bytesMax?: number;
  readonly bytesOf?: (item: Item) => number;
  readonly queueItemsMax?: number;
  readonly queueBytesMax?: number;
  /** Flushes under way at once, where one of them takes its time. */
  readonly concurrency: number;
  /** From `add` to its result. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface Batcher<Item, Result> {
  /**
   * Resolves with the item's result once its flush is done. Throws the item's own fault, the flush's fault, `BUSY`
   * when the queue is full or the item was still queued at the time limit (it is then never flushed), and
   * `STORE_UNAVAILABLE` when the time limit fell into its flush, which goes on: its outcome is then unknown.
   */
  add(item: Item): Promise<Result>;
  /** Items queued or in a flush. */
  depth(): number;
  /** Refuses new items, flushes what is queued, and resolves when all is done. */
  close(): Promise<void>;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly settle: (result: BatchResult<Result>) => void;
}

const QUEUE_BATCHES_DEFAULT = 16;
/**
 * How long a flush has the database to itself. Twice as many commits of half the size cost the database and the event loop
 * nearly twice as much, and their items wait longer for it; one that lasts, behind a lock or a stalled disk, holds up nobody else.
 */
const ALONE_MS = 20;
/** After a time limit or a full queue: when to come back. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Group commit: items that arrive while a flush is under way share the next one. No item waits for company: a flush
 * starts as soon as none is under way, so that a lone item is as fast as without a batcher. It starts beside another one when
 * that has lasted 20 ms, or when a full batch waits.
 *
 * @example const commits = createBatcher({ name: 'webhooks', flush: insertAll, itemsMax: 256, concurrency: 2, … });
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { name, flush, itemsMax, concurrency, timeoutMs, clock } = options;
  const bytesOf = options.bytesOf ?? (() => 0);
  const bytesMax = options.bytesMax ?? Number.POSITIVE_INFINITY;
  const queueItemsMax = options.queueItemsMax ?? itemsMax * QUEUE_BATCHES_DEFAULT;
  const queueBytesMax = options.queueBytesMax ?? bytesMax * QUEUE_BATCHES_DEFAULT;
  const queue = new Set<Entry<Item, Result>>(); // in order of arrival; a time limit takes one out of the middle
  const idle: (() => void)[] = [];
  let queuedBytes = 0;
  let flushing = 0;
  let lasting = 0; // of these
  let inFlight = 0;
  let scheduled = false;
  let closed = false;

  function add(item: Item): Promise<Result> {
    const bytes = bytesOf(item);
    if (closed || queue.size >= queueItemsMax || queuedBytes + bytes > queueBytesMax)
      return Promise.reject(full());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => expire(entry), timeoutMs);
      const entry: Entry<Item, Result> = {
        item,
        bytes,
        deadlineMs: clock.monotonic() + timeoutMs,
        settle(result) {
          clearTimeout(timer);
          if (result.ok) resolve(result.value);
          else reject(result.fault);
        },
      };
      queue.add(entry);
      queuedBytes += bytes;
      schedule();
    });
  }

  function leave(entry: Entry<Item, Result>): boolean {
    if (!queue.delete(entry)) return false;
    queuedBytes -= entry.bytes;
    return true;
  }

  function expire(entry: Entry<Item, Result>): void {
    entry.settle({ ok: false, fault: leave(entry) ? full() : unknown() });
    if (queue.size === 0) schedule(); // close() may wait for just this
  }

  /**
   * Items of the same turn of the event loop share a flush; none waits longer than that. Not by a microtask: those run
   * between the sockets of one turn, so that its first item went alone and every second flush held just one.
   */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(pump);
  }

  function pump(): void {
    scheduled = false;
    while (queue.size > 0 && mayStart()) {
      const batch = take();
      if (batch.length > 0) void run(batch);
    }
    if (flushing === 0 && queue.size === 0) for (const done of idle.splice(0)) done();
  }

  /** Alone, beside such as last, and when to wait would bring a batch no more company. */
  function mayStart(): boolean {
    if (flushing >= concurrency) return false;
    return flushing === lasting || closed || queue.size >= itemsMax || queuedBytes >= bytesMax;
  }

  /** The next items that stay within the limits together; an item larger than the limit goes alone. */
  function take(): Entry<Item, Result>[] {
    const batch: Entry<Item, Result>[] = [];
    let bytes = 0;
    for (const entry of queue) {
      if (batch.length >= itemsMax || (batch.length > 0 && bytes + entry.bytes > bytesMax)) break;
      leave(entry);
      // After a blocked event loop its time may be over before its timer fired.
      if (clock.monotonic() >= entry.deadlineMs) {
        entry.settle({ ok: false, fault: full() });
        continue;
      }
      bytes += entry.bytes;
      batch.push(entry);
    }
    return batch;
  }

  async function run(batch: readonly Entry<Item, Result>[]): Promise<void> {
    flushing += 1;
    inFlight += batch.length;
    let lasts = false;
    const timer = setTimeout(() => {
      lasts = true;
      lasting += 1;
      pump();
    }, ALONE_MS);
    const results = await resultsOf(batch);
    clearTimeout(timer);
    if (lasts) lasting -= 1;
    batch.forEach((entry, index) => entry.settle(results[index] ?? miscounted));
    flushing -= 1;
    inFlight -= batch.length;
    pump();
  }

  async function resultsOf(batch: readonly Entry<Item, Result>[]): Promise<readonly BatchResult<Result>[]> {
    try {
      const results = await flush(batch.map(({ item }) => item));
      return results.length === batch.length ? results : [];
    } catch (thrown) {
      const result = { ok: false, fault: toFault(thrown) } as const;
      return batch.map(() => result);
    }
  }

  // Results that can't be matched to their items prove nothing about any of them.
  const miscounted = {
    ok: false,
    fault: new Fault('INTERNAL', { cause: new Error(`batcher ${name}: results and items differ in number`) }),
  } as const;

  return {
    add,
    depth: () => queue.size + inFlight,
    close() {
      closed = true;
      return new Promise((resolve) => {
        idle.push(resolve);
        schedule();
      });
    },
  };
}

function full(): Fault {
  return new Fault('BUSY', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function unknown(): Fault {
  const cause = new StoreFailure('The time limit fell into the flush.', { outcome: 'unknown' });
  return new Fault('STORE_UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}
