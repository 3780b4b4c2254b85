import { type EnvironmentId, encodeParts } from '#base';
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
const LENGTH_BYTES = 4;

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
    const recordBytes = lengthOf('record', record);
    const fieldBytes = lengthOf('field', field);
    const bytes = Buffer.allocUnsafe(scope.length + 2 * LENGTH_BYTES + recordBytes + fieldBytes);
    bytes.set(scope);
    // `write` into one buffer: 0.5 µs, against 1.2 µs with two arrays of a TextEncoder.
    const fieldAt = bytes.writeUInt32BE(recordBytes, scope.length) + recordBytes;
    bytes.write(record, scope.length + LENGTH_BYTES);
    bytes.write(field, bytes.writeUInt32BE(fieldBytes, fieldAt));
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

function lengthOf(name: string, text: string): number {
  // Half a surrogate pair becomes U+FFFD in UTF-8: two different texts would make one context.
  if (text.length === 0 || !text.isWellFormed()) throw new TypeError(`${name}: a well-formed text expected`);
  const bytes = Buffer.byteLength(text);
  if (bytes > PART_BYTES_MAX) throw new TypeError(`${name}: at most ${PART_BYTES_MAX} bytes`);
  return bytes;
}
