import type { DestinationId } from '#base';

/** Before which time each destination has nothing due, as far as this node knows. */
export interface Floors {
  /**
   * Of those of which it is known. Once in `everyMs` it is left out, as soon as the destination has room for more: so that what came in
   * late, or came back, is found, also where newer ones take every place that becomes free.
   */
  at(nowMs: number, hasRoom: (destination: DestinationId) => boolean): ReadonlyMap<DestinationId, number>;
  /** A claim gave these: of each destination the oldest that were due. */
  claimed(
    claims: readonly { readonly destination_id: DestinationId; readonly was: Date }[],
    nowMs: number,
  ): void;
}

/** What is stored gets its time before it is committed. */
const LATE_MS = 5_000;
/** Beyond so many, the one that was claimed for longest ago is asked from the beginning. */
const REMEMBERED_MAX = 1_000;

interface Floor {
  readonly sinceMs: number;
  /** When the destination was last asked from the beginning. */
  readonly askedMs: number;
}

/**
 * What was claimed, and what was settled, keeps its place in the index of what is due until the next vacuum, which is the later the more
 * there is: with 200,000 deliveries behind it each claim passed over 2,860 pages of such places. A claim that begins a little
 * before what the last one gave passes over those of some seconds.
 *
 * @example const floors = createFloors({ everyMs: 1_000 }); floors.claimed(claims, nowMs);
 */
export function createFloors({ everyMs }: { readonly everyMs: number }): Floors {
  const known = new Map<DestinationId, Floor>();
  return {
    at(nowMs, hasRoom) {
      const floors = new Map<DestinationId, number>();
      for (const [destination, floor] of known) {
        if (nowMs - floor.askedMs < everyMs || !hasRoom(destination)) floors.set(destination, floor.sinceMs);
        else known.set(destination, { ...floor, askedMs: nowMs });
      }
      return floors;
    },
    claimed(claims, nowMs) {
      for (const [destination, group] of Map.groupBy(claims, (claim) => claim.destination_id)) {
        const askedMs = known.get(destination)?.askedMs ?? nowMs;
        known.delete(destination); // and last again
        const sinceMs = Math.min(...group.map(({ was }) => was.getTime())) - LATE_MS;
        known.set(destination, { sinceMs, askedMs });
      }
      for (const destination of known.keys()) {
        if (known.size <= REMEMBERED_MAX) break;
        known.delete(destination);
      }
    },
  };
}
