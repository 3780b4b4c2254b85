import { encodeParts } from '#base';
import { createChunkedCipher } from './chunked.ts';
import type { KeyManager } from './key-manager.ts';
import { readRootKeyFile } from './root-key-file.ts';

/** Part of every context here, so that nothing else sealed under a root key could pass for a wrapped key. */
const LABEL = 'sallyport/wrapped-key/1';

/**
 * A key manager whose root key is a file of mode 0600; throws `ROOT_KEY_INVALID` when the file is not in order.
 *
 * @example const keyManager = await openFileKeyManager({ file: '.sallyport/root.key', create: true });
 */
export async function openFileKeyManager(options: { file: string; create?: boolean }): Promise<KeyManager> {
  const { id, key } = await readRootKeyFile(options.file, { create: options.create === true });
  const cipher = createChunkedCipher(key);
  key.fill(0);
  return Object.freeze({
    id,
    wrap: async (bytes: Uint8Array, context: Uint8Array) => cipher.seal(encodeParts([LABEL, context]), bytes),
    unwrap: async (bytes: Uint8Array, context: Uint8Array) =>
      cipher.open(encodeParts([LABEL, context]), bytes),
  });
}
