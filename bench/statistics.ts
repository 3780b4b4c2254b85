/** What several rounds gave: their median, and how far apart they were. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Summarises one number per round. Throws on none. */
export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((left, right) => left - right);
  const low = sorted[0];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) throw new RangeError('values: none');
  return { median: quantile(sorted, 0.5), low, high };
}

/** Summarises the ratio of two rivals, taken within each round: what disturbs a round disturbs both. */
export function summariseRatios(ours: readonly number[], theirs: readonly number[]): Summary {
  return summarise(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** The nearest-rank quantile of ascending values; the middle of the two middle ones for an even median. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = Math.max(0, Math.ceil(share * sorted.length) - 1);
  const value = sorted[at] ?? Number.NaN;
  if (share !== 0.5 || sorted.length % 2 === 1) return value;
  return (value + (sorted[at + 1] ?? value)) / 2;
}
