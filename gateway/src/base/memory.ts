import type { Clock } from './clock.ts';

export interface MemoryOptions<Key, Value> {
  /** Asks the source of truth; `null` means there is no such thing, and is not remembered. */
  readonly ask: (key: Key) => Promise<Value | null>;
  readonly itemsMax: number;
  /** An answer is trusted this long after its question was put. */
  readonly trustMs: number;
  readonly clock: Clock;
}

/** Answers remembered for a short, bounded time. */
export interface Memory<Key, Value> {
  get(key: Key): Promise<Value | null>;
  /** Forgets an answer, also one that is just being asked for. */
  forget(key: Key): void;
}

/**
 * Remembers answers of the database for `trustMs`, counted from when the question was put, not from when it was
 * answered: what changed in between must count. Nothing older is ever served, also when the database is away. Several
 * who ask for the same key share one question while it is no older than that; who asks later puts a new one, since a
 * slow answer may tell of the moment its question was put.
 *
 * @example const keys = createMemory({ ask: find, itemsMax: 1000, trustMs: 500, clock });
 */
export function createMemory<Key, Value>(options: MemoryOptions<Key, Value>): Memory<Key, Value> {
  const { ask, itemsMax, trustMs, clock } = options;
  const known = new Map<Key, { value: Value; askedAtMs: number }>();
  const asked = new Map<Key, { answer: Promise<Value | null>; askedAtMs: number }>();
  const isFresh = (askedAtMs: number): boolean => clock.monotonic() - askedAtMs < trustMs;

  const put = (key: Key): Promise<Value | null> => {
    const askedAtMs = clock.monotonic();
    const answer: Promise<Value | null> = ask(key)
      .then((value) => {
        // Forgotten or asked anew meanwhile: this answer may be from before a change.
        if (asked.get(key)?.answer !== answer) return value;
        known.delete(key);
        if (value === null || trustMs === 0) return value;
        known.set(key, { value, askedAtMs });
        const oldest = known.size > itemsMax ? known.keys().next() : null;
        if (oldest?.done === false) known.delete(oldest.value);
        return value;
      })
      .finally(() => {
        if (asked.get(key)?.answer === answer) asked.delete(key);
      });
    asked.set(key, { answer, askedAtMs });
    return answer;
  };

  return {
    get(key) {
      const hit = known.get(key);
      if (hit !== undefined && isFresh(hit.askedAtMs)) return Promise.resolve(hit.value);
      const question = asked.get(key);
      return question !== undefined && isFresh(question.askedAtMs) ? question.answer : put(key);
    },
    forget(key) {
      known.delete(key);
      asked.delete(key);
    },
  };
}
