import type { DestinationId } from '#base';

/** Destinations whose last attempt took long: what hangs, whatever it answers in the end. */
export interface Slow {
  /** How long an attempt took. */
  told(destination: DestinationId, durationMs: number): void;
  has(destination: DestinationId): boolean;
  list(): readonly DestinationId[];
}

/** Beyond so many, the one that was told of longest ago is taken for a quick one again. */
const REMEMBERED_MAX = 1_000;

/**
 * Remembers them.
 *
 * @example const slow = createSlow({ fromMs: 5_000 }); slow.told(destination, 15_000); slow.has(destination); // true
 */
export function createSlow({ fromMs }: { readonly fromMs: number }): Slow {
  const known = new Set<DestinationId>();
  return {
    told(destination, durationMs) {
      known.delete(destination);
      if (durationMs < fromMs) return;
      known.add(destination);
      const [oldest] = known;
      if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
    },
    has: (destination) => known.has(destination),
    list: () => [...known],
  };
}
