export {
  type ChunkedCipher,
  createChunkedCipher,
  openChunked,
  sealChunked,
} from './chunked.ts';
export { type ChunkedStream, openChunkedStream, sealChunkedStream } from './chunked-stream.ts';
export { openFileKeyManager } from './file-key-manager.ts';
export type { KeyManager } from './key-manager.ts';
export { createKeyring, type Keyring, type KeyringPorts } from './keyring.ts';
export { keyringMigrations } from './migrations.ts';
export type { Pepper } from './pepper.ts';
export { PURPOSES, type SealPurpose } from './purposes.ts';
export { keyringErasure } from './queries.ts';
export type { SealContext } from './seal-context.ts';
export type { Sealer } from './sealer.ts';
