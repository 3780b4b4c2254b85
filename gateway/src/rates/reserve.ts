import type { Clock } from '#base';
import type { Demand } from './rate.ts';
import type { Rates } from './rates.ts';
import type { Granted, Refused, Taken } from './taken.ts';

export interface ReserveOptions {
  readonly rates: Rates;
  readonly clock: Clock;
  /** Who waits for a place, of all subjects together. */
  readonly waitingMax: number;
  readonly waitTimeoutMs: number;
}

/** A place held while something is under way. It counts unless it is given back. */
export interface Hold {
  readonly ok: true;
  /** Ends it, once; further calls do nothing. */
  end(counts: boolean): void;
}

export interface Reserve {
  hold(demands: readonly Demand[]): Hold | Refused | Promise<Hold | Refused>;
}

/** The name of the refusal when too many wait, or for too long. */
export const WAITING = 'waiting';

// While a place is held, time goes on paying back what others owe. Held for longer than this it counts: in any span no more
// than the rate lets through in that span and this time together.
const HOLD_MS_MAX = 30_000;

/** A subject with places held on this node, those being asked for included, and who waits for one of them. */
interface Spot {
  readonly key: string;
  held: number;
  /** How often a place was given back. */
  freed: number;
  readonly waiting: Set<Waiter>;
}

interface Waiter {
  readonly demands: readonly Demand[];
  readonly result: PromiseWithResolvers<Hold | Refused>;
  /** Where it waits. */
  spot: Spot | null;
  timer: NodeJS.Timeout | null;
  isSettled: boolean;
}

/** One question for places. Those count as held from before it is answered: others of this node wait for it rather than give up. */
interface Question {
  readonly demands: readonly Demand[];
  readonly held: readonly Spot[];
  /** What `freed` was when it was put. */
  readonly freed: readonly number[];
  /** Who waited and was woken at a spot, if it is not the first question. */
  readonly waiter: Waiter | null;
  readonly wokenAt: Spot | null;
}

/**
 * Takes a place before something is tried, so that many at once can't try more often than one after the other, and gives it
 * back if the attempt turns out not to count. Whoever finds all places of a subject taken, some by attempts under way on this
 * node, waits for one of those to end. When none is, the refusal is true for all who wait for that subject.
 */
export function createReserve({ rates, clock, waitingMax, waitTimeoutMs }: ReserveOptions): Reserve {
  const spots = new Map<string, Spot>();
  const toWake: Spot[] = [];
  let isWaking = false;
  let waitingCount = 0;

  const spotOf = ({ rate, subject }: Demand): Spot => {
    const key = `${rate.name} ${subject}`;
    let spot = spots.get(key);
    if (spot === undefined) spots.set(key, (spot = { key, held: 0, freed: 0, waiting: new Set() }));
    return spot;
  };

  const forget = (spot: Spot): void => {
    if (spot.held === 0 && spot.waiting.size === 0) spots.delete(spot.key);
  };

  /** Places were held and are no longer; whoever waits for them may have one, or is told that there is none to wait for. */
  const release = (held: readonly Spot[], isFree: boolean): void => {
    for (const spot of held) {
      spot.held--;
      if (isFree) spot.freed++;
      if (spot.waiting.size > 0 && (isFree || spot.held === 0)) toWake.push(spot);
      forget(spot);
    }
    wake();
  };

  const wake = (): void => {
    if (isWaking) return;
    isWaking = true;
    for (let spot = toWake.shift(); spot !== undefined; spot = toWake.shift()) {
      const [waiter] = spot.waiting;
      if (waiter === undefined) continue;
      leave(waiter);
      void tryFor(waiter.demands, waiter, spot);
    }
    isWaking = false;
  };

  const leave = (waiter: Waiter): void => {
    if (waiter.spot === null) return;
    waiter.spot.waiting.delete(waiter);
    forget(waiter.spot);
    waiter.spot = null;
    waitingCount--;
  };

  const settle = (waiter: Waiter, result: Hold | Refused): void => {
    if (waiter.timer !== null) clearTimeout(waiter.timer);
    waiter.isSettled = true;
    leave(waiter);
    waiter.result.resolve(result);
  };

  /** What is left to do for one that was refused: to wait for those inside, if there are any, and not too many who wait. */
  const stay = (
    { demands, waiter }: Question,
    refused: Refused,
    blocked: Spot | null,
  ): Refused | Promise<Hold | Refused> => {
    const isCrowded = waitingCount >= waitingMax;
    if (blocked === null || blocked.held === 0 || isCrowded) {
      const final = blocked === null || blocked.held === 0 ? refused : crowded(refused);
      if (waiter !== null) settle(waiter, final);
      return final;
    }
    const one = waiter ?? {
      demands,
      result: Promise.withResolvers(),
      spot: null,
      timer: null,
      isSettled: false,
    };
    one.timer ??= setTimeout(() => settle(one, crowded(refused)), waitTimeoutMs);
    one.spot = blocked;
    blocked.waiting.add(one);
    waitingCount++;
    return one.result.promise;
  };

  const spotAt = (demands: readonly Demand[], name: string): Spot | null => {
    const demand = demands.find(({ rate }) => rate.name === name);
    return demand === undefined ? null : (spots.get(`${name} ${demand.subject}`) ?? null);
  };

  const tryFor = (
    demands: readonly Demand[],
    waiter: Waiter | null,
    wokenAt: Spot | null,
  ): Hold | Refused | Promise<Hold | Refused> => {
    const held = demands.map(spotOf);
    const question = { demands, held, freed: held.map(({ freed }) => freed), waiter, wokenAt };
    for (const spot of held) spot.held++;
    const taken = rates.take(demands);
    if (taken instanceof Promise) return taken.then((late) => conclude(question, late));
    return conclude(question, taken);
  };

  const conclude = (question: Question, taken: Taken): Hold | Refused | Promise<Hold | Refused> => {
    const { demands, held, freed, waiter, wokenAt } = question;
    if (taken.ok) return granted(waiter, holdOf(taken, held));
    const blocked = spotAt(demands, taken.by);
    for (const spot of held) spot.held--;
    const isOver = waiter?.isSettled === true;
    // A place was given back after the store had refused this one and before it said so.
    if (!isOver && blocked?.held === 0 && blocked.freed !== freed[held.indexOf(blocked)])
      return tryFor(demands, waiter, wokenAt);
    // Nobody left inside whose end could free a place: the refusal is true for all who wait.
    if (blocked?.held === 0) for (const other of blocked.waiting) settle(other, taken);
    const outcome = isOver ? taken : stay(question, taken, blocked);
    // It was blocked there, so a place elsewhere, such as the one that woke it, may be free for others.
    if (wokenAt !== null && wokenAt !== blocked) toWake.push(wokenAt);
    for (const spot of held) if (spot !== blocked && spot.held === 0) toWake.push(spot);
    held.forEach(forget);
    wake();
    return outcome;
  };

  const granted = (waiter: Waiter | null, hold: Hold): Hold => {
    if (waiter?.isSettled === true) hold.end(false);
    else if (waiter !== null) settle(waiter, hold);
    return hold;
  };

  const holdOf = (granted: Granted, held: readonly Spot[]): Hold => {
    const untilMs = clock.monotonic() + HOLD_MS_MAX;
    let isHeld = true;
    return {
      ok: true,
      end(counts) {
        if (!isHeld) return;
        isHeld = false;
        const isFree = !counts && clock.monotonic() <= untilMs;
        if (isFree) void rates.giveBack(granted);
        release(held, isFree);
      },
    };
  };

  return { hold: (demands) => tryFor(demands, null, null) };
}

function crowded({ states }: Refused): Refused {
  return { ok: false, states, by: WAITING, retryAfterSeconds: 1 };
}
