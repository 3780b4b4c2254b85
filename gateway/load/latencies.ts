/** Milliseconds in buckets of a hundredth more each, so that millions of them take a few kilobytes. */
export interface Latencies {
  add(ms: number): void;
  summary(): LatencySummary;
}

export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const GROWTH = Math.log(1.01);
const LOWEST_MS = 0.01;

/** Makes one. */
export function createLatencies(): Latencies {
  const buckets: number[] = [];
  let count = 0;
  let max = 0;
  const at = (share: number): number => {
    let left = Math.ceil(count * share);
    for (let bucket = 0; bucket < buckets.length; bucket += 1) {
      left -= buckets[bucket] ?? 0;
      if (left <= 0) return LOWEST_MS * Math.exp(bucket * GROWTH);
    }
    return max;
  };
  return {
    add(ms) {
      const bucket = Math.max(0, Math.round(Math.log(Math.max(ms, LOWEST_MS) / LOWEST_MS) / GROWTH));
      while (buckets.length <= bucket) buckets.push(0);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      count += 1;
      max = Math.max(max, ms);
    },
    summary: () => ({ count, p50: at(0.5), p99: at(0.99), max }),
  };
}
