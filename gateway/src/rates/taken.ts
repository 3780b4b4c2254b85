import { type Demand, type RateState, stateOf } from './rate.ts';

/** A place of every rate that was asked for, or of none. */
export type Taken = Granted | Refused;

export interface Granted {
  readonly ok: true;
  readonly states: readonly RateState[];
  readonly demands: readonly Demand[];
  /** Who counted: this node alone, or the store that the nodes share. */
  readonly counted: 'node' | 'shared';
}

export interface Refused {
  readonly ok: false;
  readonly states: readonly RateState[];
  /** The name of the rate that will keep it waiting longest. */
  readonly by: string;
  /** After so long it will be granted, unless others come first. */
  readonly retryAfterSeconds: number;
}

const DEMANDS_MAX = 16;
const US_PER_SECOND = 1_000_000;

/** How many of the demands before this one want a place of the same rate for the same subject. */
export function earlierSame(demands: readonly Demand[], at: number): number {
  const { rate, subject } = demandAt(demands, at);
  let count = 0;
  for (let before = 0; before < at; before++) {
    const other = demandAt(demands, before);
    if (other.subject === subject && other.rate.name === rate.name) count++;
  }
  return count;
}

/**
 * The verdict on demands by what their subjects owe without them: each has to fit beside those before it. `debtsUs`
 * has one number for each demand.
 */
export function judge(demands: readonly Demand[], debtsUs: readonly number[]): Refused | null {
  let missingUs = 0;
  let by = '';
  for (let at = 0; at < demands.length; at++) {
    const { rate } = demandAt(demands, at);
    const wanted = rate.intervalUs * (1 + earlierSame(demands, at));
    const missing = (debtsUs[at] ?? 0) + wanted - rate.toleranceUs;
    if (missing <= missingUs) continue;
    missingUs = missing;
    by = rate.name;
  }
  if (missingUs === 0) return null;
  return {
    ok: false,
    states: statesOf(demands, debtsUs),
    by,
    retryAfterSeconds: Math.ceil(missingUs / US_PER_SECOND),
  };
}

/** The states of the demands' subjects, in their order. */
export function statesOf(demands: readonly Demand[], debtsUs: readonly number[]): RateState[] {
  return demands.map(({ rate }, at) => stateOf(rate, debtsUs[at] ?? 0));
}

/** Asserts that a caller wants a sensible number of places. */
export function checkDemands(demands: readonly Demand[]): void {
  if (demands.length === 0 || demands.length > DEMANDS_MAX)
    throw new TypeError(`rates: ${demands.length} demands`);
}

function demandAt(demands: readonly Demand[], at: number): Demand {
  const demand = demands[at];
  if (demand === undefined) throw new TypeError('rates: a demand is missing');
  return demand;
}
