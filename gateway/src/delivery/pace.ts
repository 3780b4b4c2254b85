import type { DestinationId } from '#base';

/** How fast deliveries to destinations with a rate may begin on this node: for each a bucket that holds a second's worth. */
export interface Pace {
  /** Whole deliveries that may begin now, for each destination whose bucket is not full. */
  allowed(nowMs: number): ReadonlyMap<DestinationId, number>;
  /** One begins. */
  take(destination: DestinationId, rate: { readonly perSecond: number; readonly nowMs: number }): void;
  /** Until the first empty bucket holds one again; `null` when none is empty. */
  waitMs(nowMs: number): number | null;
}

interface Bucket {
  readonly perSecond: number;
  readonly tokens: number;
  readonly atMs: number;
}

/** Makes buckets; those that are full again are forgotten, so that there are never more than destinations in use. */
export function createPace(): Pace {
  const buckets = new Map<DestinationId, Bucket>();

  const tokensAt = ({ perSecond, tokens, atMs }: Bucket, nowMs: number): number =>
    Math.min(perSecond, tokens + (Math.max(0, nowMs - atMs) * perSecond) / 1_000);

  return {
    allowed(nowMs) {
      const allowed = new Map<DestinationId, number>();
      for (const [destination, bucket] of buckets) {
        const tokens = tokensAt(bucket, nowMs);
        if (tokens >= bucket.perSecond) buckets.delete(destination);
        else allowed.set(destination, Math.floor(tokens));
      }
      return allowed;
    },
    take(destination, { perSecond, nowMs }) {
      const bucket = buckets.get(destination);
      const tokens = bucket === undefined ? perSecond : Math.min(perSecond, tokensAt(bucket, nowMs));
      buckets.set(destination, { perSecond, tokens: tokens - 1, atMs: nowMs });
    },
    waitMs(nowMs) {
      let soonest: number | null = null;
      for (const bucket of buckets.values()) {
        const tokens = tokensAt(bucket, nowMs);
        if (tokens >= 1) continue;
        const ms = Math.ceil(((1 - tokens) * 1_000) / bucket.perSecond);
        if (soonest === null || ms < soonest) soonest = ms;
      }
      return soonest;
    },
  };
}
