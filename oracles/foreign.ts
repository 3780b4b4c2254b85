/**
 * A value out of a vendor's package. Their types come with their packages, which the repository is checked without;
 * what is not there, or is no function, throws with its path.
 *
 * @example
 * const stripe = (await load('stripe')).get('default').construct('sk_test_1');
 * await stripe.get('webhooks').call('constructEvent', body, header, secret);
 */
export interface Foreign {
  readonly value: unknown;
  get(name: string): Foreign;
  call(name: string, ...args: readonly unknown[]): Promise<Foreign>;
  construct(...args: readonly unknown[]): Foreign;
}

/** Loads a package of `oracles/node_modules`. */
export async function load(specifier: string): Promise<Foreign> {
  const module: unknown = await import(specifier);
  return foreign(module, specifier);
}

function foreign(value: unknown, path: string): Foreign {
  return {
    value,
    get(name) {
      const inner: unknown = isObject(value) ? Reflect.get(value, name) : undefined;
      if (inner === undefined || inner === null) throw new Error(`${path} has no ${name}`);
      return foreign(inner, `${path}.${name}`);
    },
    async call(name, ...args) {
      const method: unknown = isObject(value) ? Reflect.get(value, name) : undefined;
      if (typeof method !== 'function') throw new Error(`${path}.${name} is no function`);
      const result: unknown = Reflect.apply(method, value, args);
      return foreign(await result, `${path}.${name}()`);
    },
    construct(...args) {
      if (typeof value !== 'function') throw new Error(`${path} is no constructor`);
      const made: unknown = Reflect.construct(value, args);
      return foreign(made, `new ${path}`);
    },
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
