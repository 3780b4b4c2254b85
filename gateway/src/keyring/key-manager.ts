/**
 * Keeps a root key and wraps data keys under it: a file here, a cloud's key service elsewhere.
 * What comes out of `wrap` opens only with the same context.
 */
export interface KeyManager {
  /** The root key's id, stored beside each key that it wraps. */
  readonly id: string;
  wrap(key: Uint8Array, context: Uint8Array): Promise<Uint8Array>;
  /** Throws `OPEN_FAILED` when it was not wrapped here, under this context, or was changed. */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<Uint8Array>;
}
