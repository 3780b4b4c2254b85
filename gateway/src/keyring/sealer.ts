import { Fault } from '#base';
import { openFailed } from './chunked.ts';
import type { DataKey, DataKeyScope, DataKeys } from './data-keys.ts';
import type { SealContext } from './seal-context.ts';
import { PREFIX_BYTES, versionOf } from './sealed-prefix.ts';

/** Seals and opens the values of one environment and purpose. */
export interface Sealer {
  /** Seals under the newest key version: format (1 byte), key version (4), Cobblestone-256. */
  seal(context: SealContext, plaintext: Uint8Array): Uint8Array;
  /** Opens what was sealed in this very place, or throws `OPEN_FAILED`. */
  open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array>;
}

/** A sealer over the data keys of one scope. */
export async function createSealer(dataKeys: DataKeys, scope: DataKeyScope): Promise<Sealer> {
  const newest = await dataKeys.newest(scope);
  return Object.freeze({
    seal(context: SealContext, plaintext: Uint8Array): Uint8Array {
      const { prefix, cipher, contextOf } = newest.current;
      return cipher.seal(contextOf(context), plaintext, prefix);
    },
    async open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array> {
      const version = versionOf(sealed);
      const { current } = newest;
      const dataKey = version === current.version ? current : await older(dataKeys, scope, version);
      if (dataKey === null) throw openFailed('there is no key of its version');
      return dataKey.cipher.open(dataKey.contextOf(context), sealed.subarray(PREFIX_BYTES));
    },
  });
}

/** A wrapped key that does not open is a sealed value that does not open; a store that is away stays what it is. */
async function older(dataKeys: DataKeys, scope: DataKeyScope, version: number): Promise<DataKey | null> {
  try {
    return await dataKeys.ofVersion(scope, version);
  } catch (thrown) {
    const ofKey =
      thrown instanceof Fault && (thrown.code === 'OPEN_FAILED' || thrown.code === 'ROOT_KEY_INVALID');
    throw ofKey ? new Fault('OPEN_FAILED', { cause: thrown }) : thrown;
  }
}
