import type { Demand } from './rate.ts';

/** What a node counted alone and has not told the shared store yet. */
export interface Arrears {
  note(demands: readonly Demand[]): void;
  /** The next so many subjects, which are then no longer noted. */
  next(count: number): readonly Demand[];
}

/** Notes subjects, not amounts: what each owes is asked for when it is told. Bounded; those noted longest ago go. */
export function createArrears(itemsMax: number): Arrears {
  const noted = new Map<string, Demand>();
  return {
    note(demands) {
      for (const demand of demands) {
        const key = `${demand.rate.name} ${demand.subject}`;
        noted.delete(key);
        noted.set(key, demand);
        const oldest = noted.size > itemsMax ? noted.keys().next() : null;
        if (oldest?.done === false) noted.delete(oldest.value);
      }
    },
    next(count) {
      const taken: Demand[] = [];
      for (const [key, demand] of noted) {
        if (taken.length === count) break;
        noted.delete(key);
        taken.push(demand);
      }
      return taken;
    },
  };
}
