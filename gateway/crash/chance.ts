// node:crypto here: a stream of numbers that follows from a seed, so that a campaign can be run again.
import { hash } from 'node:crypto';

/** Draws evenly from [0, 1); the same seed gives the same draws. */
export function createChance(seed: string): () => number {
  let draws = 0;
  return () => {
    draws += 1;
    return Number.parseInt(hash('sha256', `${seed}:${draws}`, 'hex').slice(0, 12), 16) / 2 ** 48;
  };
}
