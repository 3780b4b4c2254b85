/** A map that holds at most `max` items and lets the oldest go; `onEvict` hears of each that went. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  has(key: string): boolean;
  set(key: string, value: Value): void;
  delete(key: string): void;
  /** In the order in which the keys came. */
  values(): Value[];
  oldest(): Value | undefined;
}

export function createBoundedMap<Value>(max: number, onEvict?: (value: Value) => void): BoundedMap<Value> {
  const items = new Map<string, Value>();
  return {
    get: (key) => items.get(key),
    has: (key) => items.has(key),
    delete: (key) => {
      items.delete(key);
    },
    values: () => [...items.values()],
    oldest: () => items.values().next().value,
    set(key, value) {
      items.set(key, value);
      if (items.size <= max) return;
      const [first] = items;
      if (first === undefined) return;
      items.delete(first[0]);
      onEvict?.(first[1]);
    },
  };
}
