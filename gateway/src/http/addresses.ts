/** One operation: a method and a path, with `{name}` for a parameter and `{path}` for all that is left. */
export interface Address {
  readonly method: string;
  readonly path: string;
}

/** The addresses of a listener. */
export interface Addresses {
  add(address: Address): void;
  list(): readonly Address[];
  /** The methods that a path answers to; none when there is nothing at it. */
  methodsAt(path: string): readonly string[];
}

interface Row extends Address {
  readonly matches: RegExp;
}

/** Makes an empty table of addresses. */
export function createAddresses(): Addresses {
  const rows: Row[] = [];
  /** By the first segment, which is no parameter in any of ours: a request is held against a few rows, not all. */
  const groups = new Map<string, Row[]>();
  return {
    add({ method, path }) {
      const pattern = path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replace(/\{(\w+)\}/g, partOf);
      const row = { method, path, matches: new RegExp(`^${pattern}$`) };
      const first = firstOf(path);
      if (first.includes('{')) throw new TypeError(`address ${path}: its first segment is a parameter`);
      rows.push(row);
      const group = groups.get(first);
      if (group === undefined) groups.set(first, [row]);
      else group.push(row);
    },
    list: () => rows.map(({ method, path }) => ({ method, path })),
    methodsAt: (path) =>
      (groups.get(firstOf(path)) ?? [])
        .filter(({ matches }) => matches.test(path))
        .map(({ method }) => method),
  };
}

function firstOf(path: string): string {
  const end = path.indexOf('/', 1);
  return end === -1 ? path : path.slice(0, end);
}

function partOf(_: string, name: string): string {
  return name === 'path' ? '.*' : '[^/]+';
}
