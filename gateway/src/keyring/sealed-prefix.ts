import { openFailed } from './chunked.ts';

/** What stands in front of every sealed value: its format and the version of its key. */
export const PREFIX_BYTES = 5;
const FORMAT = 1;

/** The prefix of values sealed under a key version. */
export function prefixOf(version: number): Uint8Array {
  return Uint8Array.of(FORMAT, version >>> 24, version >>> 16, version >>> 8, version);
}

/** The key version of a sealed value; throws `OPEN_FAILED` when it has no prefix of ours. */
export function versionOf(sealed: Uint8Array): number {
  const [format, first, second, third, last] = sealed;
  if (
    format !== FORMAT ||
    first === undefined ||
    second === undefined ||
    third === undefined ||
    last === undefined
  ) {
    throw openFailed('its format is not known');
  }
  const version = (first << 24) | (second << 16) | (third << 8) | last;
  // The column is a signed integer of 32 bits, as this is: what is negative here is no version, and no fault of the store.
  if (version < 1) throw openFailed('it has no possible key version');
  return version;
}
