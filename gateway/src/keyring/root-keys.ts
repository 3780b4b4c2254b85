import { Fault, randomBytes, toHex } from '#base';
import { KEY_BYTES } from './chunked.ts';
import type { KeyManager } from './key-manager.ts';
import type { WrappedKey } from './queries.ts';

/** The root keys at hand: one that wraps, and former ones that still unwrap while their keys are being rewrapped. */
export interface RootKeys {
  readonly currentId: string;
  /** A new key, wrapped. The caller wipes `key`. */
  generate(contextOf: (keyId: string) => Uint8Array): Promise<FreshKey>;
  /** The key itself; the caller wipes it. Throws `ROOT_KEY_INVALID` when its root key is not at hand, `OPEN_FAILED`. */
  unwrap(wrapped: WrappedKey, contextOf: (keyId: string) => Uint8Array): Promise<Uint8Array>;
  /** The same key wrapped by the current root key under the same context, and seen to unwrap again. */
  rewrap(wrapped: WrappedKey, contextOf: (keyId: string) => Uint8Array): Promise<Uint8Array>;
}

export interface FreshKey {
  readonly key: Uint8Array;
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

/** Joins the key manager in force with those of former root keys. */
export function createRootKeys(current: KeyManager, former: readonly KeyManager[]): RootKeys {
  const managers = new Map([...former, current].map((manager) => [manager.id, manager]));

  async function unwrap(wrapped: WrappedKey, contextOf: (keyId: string) => Uint8Array): Promise<Uint8Array> {
    const manager = managers.get(wrapped.rootKeyId);
    if (manager === undefined) throw foreignRootKey(wrapped.rootKeyId, current.id);
    const key = await manager.unwrap(wrapped.wrapped, contextOf(wrapped.keyId));
    if (key.length !== KEY_BYTES)
      throw new Fault('OPEN_FAILED', { cause: new Error('Unwrapped key: 32 bytes expected.') });
    return key;
  }

  return Object.freeze({
    currentId: current.id,
    async generate(contextOf: (keyId: string) => Uint8Array): Promise<FreshKey> {
      const keyId = toHex(randomBytes(16));
      const key = randomBytes(KEY_BYTES);
      return { key, keyId, wrapped: await current.wrap(key, contextOf(keyId)) };
    },
    unwrap,
    async rewrap(wrapped: WrappedKey, contextOf: (keyId: string) => Uint8Array): Promise<Uint8Array> {
      const key = await unwrap(wrapped, contextOf);
      try {
        const again = await current.wrap(key, contextOf(wrapped.keyId));
        const check = await current.unwrap(again, contextOf(wrapped.keyId));
        const same = Buffer.compare(check, key) === 0;
        check.fill(0);
        if (!same)
          throw new Fault('OPEN_FAILED', {
            cause: new Error('Rewrapped key: it does not unwrap to the same.'),
          });
        return again;
      } finally {
        key.fill(0);
      }
    },
  });
}

/** What to say when the database was made under another root key. Ids of root keys are no secrets. */
export function foreignRootKey(found: string, current: string): Fault {
  return new Fault('ROOT_KEY_INVALID', {
    detail: `The database holds keys wrapped by root key ${found}, but the root key here is ${current}.`,
  });
}
