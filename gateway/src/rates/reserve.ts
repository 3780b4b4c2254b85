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
  readonly waiting: Set<Waiter>;
}

interface Waiter {
  readonly demands: readonly Demand[];
  readonly settle: (result: Hold | Refused) => void;
  /** Where it waits. */
  spot: Spot | null;
  timer: NodeJS.Timeout | null;
  isSettled: boolean;
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
    if (spot === undefined) spots.set(key, (spot = { key, held: 0, waiting: new Set() }));
    return spot;
  };

  const forget = (spot: Spot): void => {
    if (spot.held === 0 && spot.waiting.size === 0) spots.delete(spot.key);
  };

  /** Places were held and are no longer; whoever waits for them may have one, or is told that there is none to wait for. */
  const release = (held: readonly Spot[], isFree: boolean): void => {
    for (const spot of held) {
      spot.held--;
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
      ask(waiter, spot);
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
    waiter.settle(result);
  };

  /** Asks for a waiter who was woken at a spot. */
  const ask = (waiter: Waiter, wokenAt: Spot): void => {
    const result = tryFor(waiter.demands);
    if (result instanceof Promise) void result.then((late) => answer(waiter, late, wokenAt));
    else answer(waiter, result, wokenAt);
  };

  const answer = (waiter: Waiter, result: Hold | Refused, wokenAt: Spot): void => {
    if (result.ok) {
      if (waiter.isSettled) result.end(false);
      else settle(waiter, result);
      return;
    }
    const blocked = spotAt(waiter.demands, result.by);
    if (!waiter.isSettled) stay(waiter, result, blocked);
    // It was blocked elsewhere, so the place that woke it is still free: the next one may have it.
    if (blocked === wokenAt || wokenAt.waiting.size === 0) return;
    toWake.push(wokenAt);
    wake();
  };

  const stay = (waiter: Waiter, refused: Refused, blocked: Spot | null): void => {
    if (blocked === null || blocked.held === 0) return settle(waiter, refused);
    if (waitingCount >= waitingMax) return settle(waiter, crowded(refused));
    waiter.timer ??= setTimeout(() => settle(waiter, crowded(refused)), waitTimeoutMs);
    waiter.spot = blocked;
    blocked.waiting.add(waiter);
    waitingCount++;
  };

  const spotAt = (demands: readonly Demand[], name: string): Spot | null => {
    const demand = demands.find(({ rate }) => rate.name === name);
    return demand === undefined ? null : (spots.get(`${name} ${demand.subject}`) ?? null);
  };

  /** One try. Its places count as held from before it is answered: others of this node wait for it rather than give up. */
  const tryFor = (demands: readonly Demand[]): Hold | Refused | Promise<Hold | Refused> => {
    const held = demands.map(spotOf);
    for (const spot of held) spot.held++;
    const taken = rates.take(demands);
    return taken instanceof Promise
      ? taken.then((late) => conclude(late, demands, held))
      : conclude(taken, demands, held);
  };

  const conclude = (taken: Taken, demands: readonly Demand[], held: readonly Spot[]): Hold | Refused => {
    if (taken.ok) return holdOf(taken, held);
    const blocked = spotAt(demands, taken.by);
    for (const spot of held) {
      spot.held--;
      if (spot !== blocked && spot.held === 0 && spot.waiting.size > 0) toWake.push(spot);
    }
    // Nobody left inside whose end could free a place: the refusal is true for all who wait.
    if (blocked?.held === 0) for (const waiter of blocked.waiting) settle(waiter, taken);
    held.forEach(forget);
    wake();
    return taken;
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

  const wait = (demands: readonly Demand[], refused: Refused): Refused | Promise<Hold | Refused> => {
    const blocked = spotAt(demands, refused.by);
    if (blocked === null || blocked.held === 0) return refused;
    return new Promise((resolve) => {
      stay({ demands, settle: resolve, spot: null, timer: null, isSettled: false }, refused, blocked);
    });
  };

  return {
    hold(demands) {
      const result = tryFor(demands);
      if (result instanceof Promise) return result.then((late) => (late.ok ? late : wait(demands, late)));
      return result.ok ? result : wait(demands, result);
    },
  };
}

function crowded({ states }: Refused): Refused {
  return { ok: false, states, by: WAITING, retryAfterSeconds: 1 };
}
