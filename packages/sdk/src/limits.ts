/** Every limit of this package, units last. */
export const LIMITS = Object.freeze({
  timeoutMsDefault: 30_000,
  timeoutMsMax: 600_000,
  connectTimeoutMs: 10_000,
  connectionsMax: 64,
  responseBytesMax: 16 * 1024 * 1024,
  requestBytesMax: 16 * 1024 * 1024,
  pathCharactersMax: 8192,
  keyCharactersMax: 512,
  problemTextCharactersMax: 1000,
  idempotencyKeyCharactersMax: 255,
});
