/**
 * Limits of a whole run of the checks. The slowest test file kills a server some twenty times, and must fit on a machine that has much
 * else to do: these end what hangs, and judge no speed.
 */
export const checkLimits = Object.freeze({
  testFileMs: 300_000,
  /** A file that has no test left and doesn't end has left something open; until then it may end what it started. */
  idleMs: 60_000,
  idlePollMs: 500,
  stepMs: 240_000,
  clusterStartMs: 90_000,
  stragglerGraceMs: 10_000,
  outputCharactersMax: 24_000,
  lanesPerCore: 2,
  lanesMax: 8,
});
