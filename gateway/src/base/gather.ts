import { Fault } from './fault.ts';

export interface GatherOptions<Item> {
  /** Writes down what came together under one key; its failure is the failure of each. */
  readonly write: (items: readonly Item[]) => Promise<unknown>;
  /** Under one key, writes begin at least this far apart. */
  readonly windowMs: number;
  /** Items that wait, of all keys together. */
  readonly itemsMax: number;
}

/** Gathers what repeats. */
export interface Gather<Item> {
  /** Resolves when the item is written. Throws what `write` threw, or `BUSY` when too many wait. */
  add(key: string, item: Item): Promise<void>;
  /** Writes what waits at once. */
  close(): Promise<void>;
}

interface Window<Item> {
  waiting: Waiting<Item>[];
  timer: NodeJS.Timeout | null;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly settle: (failure: Failure | null) => void;
}

interface Failure {
  readonly thrown: unknown;
}

/**
 * Lets a flood make few entries: the first item of a key is written at once, those that follow within the window are
 * written together at its end. Nothing is dropped and nothing is told it was written before it is; whoever floods waits.
 *
 * @example const refusals = createGather({ write: (items) => audit.note(environment, entryOf(items)), windowMs: 1_000, itemsMax: 8_192 });
 */
export function createGather<Item>({ write, windowMs, itemsMax }: GatherOptions<Item>): Gather<Item> {
  const windows = new Map<string, Window<Item>>();
  const underWay = new Set<Promise<void>>();
  let count = 0;

  const flush = (key: string, window: Window<Item>): void => {
    const { waiting } = window;
    window.waiting = [];
    if (waiting.length === 0) {
      windows.delete(key);
      return;
    }
    window.timer = setTimeout(() => flush(key, window), windowMs);
    const work = write(waiting.map(({ item }) => item))
      .then(
        (): Failure | null => null,
        (thrown: unknown): Failure | null => ({ thrown }),
      )
      .then((failure) => {
        count -= waiting.length;
        for (const { settle } of waiting) settle(failure);
        underWay.delete(work);
      });
    underWay.add(work);
  };

  return {
    add(key, item) {
      if (count >= itemsMax) return Promise.reject(new Fault('BUSY', { retryAfterSeconds: 1 }));
      count++;
      return new Promise((resolve, reject) => {
        const settle = (failure: Failure | null): void =>
          failure === null ? resolve() : reject(failure.thrown);
        const window = windows.get(key);
        if (window !== undefined) {
          window.waiting.push({ item, settle });
          return;
        }
        const opened: Window<Item> = { waiting: [{ item, settle }], timer: null };
        windows.set(key, opened);
        flush(key, opened);
      });
    },
    async close() {
      for (const [key, window] of windows) {
        if (window.timer !== null) clearTimeout(window.timer);
        flush(key, window);
        if (window.timer !== null) clearTimeout(window.timer);
      }
      windows.clear();
      await Promise.all(underWay);
    },
  };
}
