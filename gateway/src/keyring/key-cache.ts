/** A bounded memory of what is costly to load; made by {@link createKeyCache}. */
export interface KeyCache<Value> {
  /** The value remembered, or loaded once however many ask at the same time. A load that fails is not remembered. */
  get(name: string, load: () => Promise<Value>): Promise<Value>;
  peek(name: string): Value | undefined;
  set(name: string, value: Value): void;
  /** Forgets every value whose name begins so, also those that are being loaded. */
  forget(prefix: string): void;
}

/** Remembers up to `itemsMax` values; the longest unused goes first. */
export function createKeyCache<Value>(itemsMax: number): KeyCache<Value> {
  const values = new Map<string, Value>();
  const loading = new Map<string, Promise<Value>>();

  function peek(name: string): Value | undefined {
    const value = values.get(name);
    if (value === undefined) return undefined;
    values.delete(name);
    values.set(name, value);
    return value;
  }

  function set(name: string, value: Value): void {
    values.delete(name);
    values.set(name, value);
    if (values.size <= itemsMax) return;
    for (const oldest of values.keys()) {
      values.delete(oldest);
      return;
    }
  }

  return Object.freeze({
    peek,
    set,
    forget(prefix: string): void {
      for (const names of [values, loading])
        for (const name of names.keys()) if (name.startsWith(prefix)) names.delete(name);
    },
    get(name: string, load: () => Promise<Value>): Promise<Value> {
      const value = peek(name);
      if (value !== undefined) return Promise.resolve(value);
      const underWay = loading.get(name);
      if (underWay !== undefined) return underWay;
      const started: Promise<Value> = load()
        .then((loaded) => {
          if (loading.get(name) === started) set(name, loaded);
          return loaded;
        })
        .finally(() => {
          if (loading.get(name) === started) loading.delete(name);
        });
      loading.set(name, started);
      return started;
    },
  });
}
