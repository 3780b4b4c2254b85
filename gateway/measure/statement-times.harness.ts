import { Client } from 'pg';

/** How long the statements of this process take. */
export interface StatementTimes {
  readonly reset: () => void;
  /** The median of the named statement whose median is the longest, milliseconds; since the last {@link StatementTimes.reset}. */
  readonly slowest: () => number;
}

/** Watches every prepared statement of the process from here on: from its writing to its answer. */
export function watchStatements(): StatementTimes {
  const times = new Map<string, number[]>();
  const query: (...args: never[]) => unknown = Client.prototype.query;
  function watched(this: Client, ...args: readonly unknown[]): unknown {
    const begunMs = performance.now();
    const answer: unknown = Reflect.apply(query, this, args);
    const [config] = args;
    if (typeof config === 'object' && config !== null && 'name' in config && answer instanceof Promise) {
      const name = String(config.name);
      const note = (): void => {
        const list = times.get(name) ?? [];
        list.push(performance.now() - begunMs);
        times.set(name, list);
      };
      answer.then(note, note);
    }
    return answer;
  }
  Object.defineProperty(Client.prototype, 'query', { value: watched, configurable: true, writable: true });
  return {
    reset: () => times.clear(),
    slowest() {
      const medians = [...times.values()].map(
        (list) => list.toSorted((one, other) => one - other)[Math.floor(list.length / 2)] ?? 0,
      );
      times.clear();
      return Math.max(0, ...medians);
    },
  };
}
