import { type EnvironmentId, encodeParts, utf8 } from '#base';
import { PURPOSES, type SealPurpose } from './purposes.ts';

/** Where a sealed value stands: the record's id and the name of its field. */
export interface SealContext {
  readonly record: string;
  readonly field: string;
}

export interface SealScope {
  readonly environment: EnvironmentId;
  readonly purpose: SealPurpose;
  readonly version: number;
}

const LABEL = 'sallyport/sealed/1';
const PART_BYTES_MAX = 256;

/**
 * Makes the encoder of contexts of one key: environment, table, key version, record and field, so that a value opens
 * only in the place where it was sealed. Equal to `encodeParts` of the six parts; the first four are encoded once.
 */
export function contextEncoder({
  environment,
  purpose,
  version,
}: SealScope): (place: SealContext) => Uint8Array {
  const scope = encodeParts([LABEL, environment, PURPOSES[purpose].table, String(version)]);
  return ({ record, field }) => {
    const recordBytes = part('record', record);
    const fieldBytes = part('field', field);
    const bytes = new Uint8Array(scope.length + 8 + recordBytes.length + fieldBytes.length);
    bytes.set(scope);
    // A length is below 256 + 1, so that two of its four bytes are enough.
    let at = scope.length;
    for (const value of [recordBytes, fieldBytes]) {
      bytes[at + 2] = value.length >>> 8;
      bytes[at + 3] = value.length & 0xff;
      bytes.set(value, at + 4);
      at += 4 + value.length;
    }
    return bytes;
  };
}

/** The context under which a data key is wrapped; the root key is not part of it, so that rewrapping keeps it. */
export function wrapContext({ environment, purpose, version }: SealScope, keyId: string): Uint8Array {
  return encodeParts(['sallyport/data-key/1', environment, purpose, String(version), keyId]);
}

/** The context under which a key of the whole installation is wrapped. */
export function installationContext(purpose: string, version: number, keyId: string): Uint8Array {
  return encodeParts(['sallyport/installation-key/1', purpose, String(version), keyId]);
}

function part(name: string, text: string): Uint8Array {
  // Half a surrogate pair becomes U+FFFD in UTF-8: two different texts would make one context.
  if (text.length === 0 || !text.isWellFormed()) throw new TypeError(`${name}: a well-formed text expected`);
  const bytes = utf8(text);
  if (bytes.length > PART_BYTES_MAX) throw new TypeError(`${name}: at most ${PART_BYTES_MAX} bytes`);
  return bytes;
}
