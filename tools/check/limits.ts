/** Limits of a whole run of the checks: the slowest test file kills a server some twenty times and must still fit. */
export const checkLimits = Object.freeze({
  testFileMs: 180_000,
  stepMs: 240_000,
  clusterStartMs: 90_000,
  stragglerGraceMs: 3_000,
  outputCharactersMax: 24_000,
  concurrencyMin: 2,
  concurrencyMax: 4,
});
