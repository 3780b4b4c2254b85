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

/** Makes an empty table of addresses. */
export function createAddresses(): Addresses {
  const rows: (Address & { readonly matches: RegExp })[] = [];
  return {
    add({ method, path }) {
      const pattern = path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replace(/\{(\w+)\}/g, partOf);
      rows.push({ method, path, matches: new RegExp(`^${pattern}$`) });
    },
    list: () => rows.map(({ method, path }) => ({ method, path })),
    methodsAt: (path) => rows.filter(({ matches }) => matches.test(path)).map(({ method }) => method),
  };
}

function partOf(_: string, name: string): string {
  return name === 'path' ? '.*' : '[^/]+';
}
