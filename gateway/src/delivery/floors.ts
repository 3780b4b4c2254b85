import type { DestinationId } from '#base';

/** Before which time each destination has nothing due, as far as this node knows. */
export interface Floors {
  /** Of those of which it is known; of none, once in `everyMs`, so that what came in late, or came back, is found. */
  at(nowMs: number): ReadonlyMap<DestinationId, number>;
  /** A claim gave these: of each destination the oldest that were due. */
  claimed(claims: readonly { readonly destination_id: DestinationId; readonly was: Date }[]): void;
}

/** What is stored gets its time before it is committed. */
const LATE_MS = 5_000;
/** Beyond so many, the one that was claimed for longest ago is asked from the beginning. */
const REMEMBERED_MAX = 1_000;
const NONE: ReadonlyMap<DestinationId, number> = new Map();

/**
 * What was claimed, and what was settled, keeps its place in the index of what is due until the next vacuum, which is the later the more
 * there is: with 200,000 deliveries behind it each claim passed over 2,860 pages of such places. A claim that begins a little
 * before what the last one gave passes over those of some seconds.
 *
 * @example const floors = createFloors({ everyMs: 1_000 }); floors.claimed(claims); floors.at(clock.monotonic());
 */
export function createFloors({ everyMs }: { readonly everyMs: number }): Floors {
  const known = new Map<DestinationId, number>();
  let askedAllMs = Number.NEGATIVE_INFINITY;
  return {
    at(nowMs) {
      if (nowMs - askedAllMs < everyMs) return known;
      askedAllMs = nowMs;
      return NONE;
    },
    claimed(claims) {
      for (const [destination, group] of Map.groupBy(claims, (claim) => claim.destination_id)) {
        known.delete(destination);
        known.set(destination, Math.min(...group.map(({ was }) => was.getTime())) - LATE_MS);
      }
      for (const destination of known.keys()) {
        if (known.size <= REMEMBERED_MAX) break;
        known.delete(destination);
      }
    },
  };
}
