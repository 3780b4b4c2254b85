import { Fault } from '#base';
import { openFailed } from './chunked.ts';
import type { DataKey, DataKeyScope, DataKeys } from './data-keys.ts';
import type { SealContext } from './seal-context.ts';

/** Seals and opens the values of one environment and purpose. */
export interface Sealer {
  /** Seals under the newest key version: format (1 byte), key version (4), Cobblestone-256. */
  seal(context: SealContext, plaintext: Uint8Array): Uint8Array;
  /** Opens what was sealed in this very place, or throws `OPEN_FAILED`. */
  open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array>;
}

const FORMAT = 1;
const PREFIX_BYTES = 5;
const VERSION_MAX = 2 ** 31 - 1;

/** A sealer over the data keys of one scope. */
export async function createSealer(dataKeys: DataKeys, scope: DataKeyScope): Promise<Sealer> {
  const newest = await dataKeys.newest(scope);
  return Object.freeze({
    seal(context: SealContext, plaintext: Uint8Array): Uint8Array {
      const { version, cipher, contextOf } = newest.current;
      return cipher.seal(contextOf(context), plaintext, prefixOf(version));
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

/** A wrapped key that does not open is a sealed value that does not open, too. */
async function older(dataKeys: DataKeys, scope: DataKeyScope, version: number): Promise<DataKey | null> {
  try {
    return await dataKeys.ofVersion(scope, version);
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'STORE_UNAVAILABLE') throw thrown;
    throw new Fault('OPEN_FAILED', { cause: thrown });
  }
}

function prefixOf(version: number): Uint8Array {
  return Uint8Array.of(FORMAT, version >>> 24, version >>> 16, version >>> 8, version);
}

function versionOf(sealed: Uint8Array): number {
  const [format, ...bytes] = sealed.subarray(0, PREFIX_BYTES);
  if (format !== FORMAT || bytes.length !== 4) throw openFailed('its format is not known');
  const version = bytes.reduce((value, byte) => value * 256 + byte, 0);
  // The column is a signed integer of 32 bits: a larger number is no version, and not a fault of the store.
  if (version < 1 || version > VERSION_MAX) throw openFailed('it has no possible key version');
  return version;
}
