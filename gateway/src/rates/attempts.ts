import type { Clock, KeyId, Limits } from '#base';
import { type Demand, type Rate, rateOf } from './rate.ts';
import type { Rates } from './rates.ts';
import { createReserve, type Hold } from './reserve.ts';
import type { Refused } from './taken.ts';

export interface AttemptsOptions {
  readonly rates: Rates;
  readonly clock: Clock;
  readonly limits: Limits;
}

/**
 * An attempt that may be made. Say how it ended, in a `finally`: it counts as failed until then, and for good after 30
 * seconds. Only the first word counts.
 */
export interface Permit {
  readonly ok: true;
  /** The credential was wrong, or the request stayed without one. */
  failed(): void;
  /** It was right. `key` is whose it was, where that was not known before. */
  succeeded(key?: KeyId): void;
  /** Nobody knows: the database was away, the caller left. Does not count. */
  undecided(): void;
}

export type Attempt = Permit | Refused;

export interface Attempts {
  /**
   * Before a credential is checked. `address` as it is counted (IPv6 by its /64); `key` where the caller names one, such as
   * at sign-in.
   */
  begin(attempt: { readonly address: string; readonly key: KeyId | null }): Attempt | Promise<Attempt>;
  /** Before anything is done for a request that is not authenticated yet, such as a webhook to be verified. */
  beginUnauthenticated(request: { readonly address: string }): Attempt | Promise<Attempt>;
}

const KNOWN_SECONDS = 30 * 86_400;
const MARK_EVERY_MS = 3_600_000;
// One mark lasts half the time, and a second one fits beside it: who comes every day is never forgotten.
const KNOWN: Rate = rateOf({ name: 'auth-known', limit: 2, windowSeconds: KNOWN_SECONDS });

/**
 * The authentication limiter: `authFailuresMax` failures in `authFailuresWindowSeconds` for each address, and the same for
 * each key id. What succeeds is not counted.
 *
 * Failures under a key id would let anyone lock its owner out. So an address from which the key succeeded in the last
 * weeks is counted by address alone: strangers fill a limit that the owner's own addresses are not under. These pairs are remembered like any rate, so they are shared between nodes and bounded.
 *
 * @example
 * const attempt = await attempts.begin({ address, key });
 * if (!attempt.ok) throw rateLimited(attempt);
 */
export function createAttempts({ rates, clock, limits }: AttemptsOptions): Attempts {
  const failures = { limit: limits.authFailuresMax, windowSeconds: limits.authFailuresWindowSeconds };
  const byAddress = rateOf({ name: 'auth-address', ...failures });
  const byKey = rateOf({ name: 'auth-key', ...failures });
  const unauthenticated = rateOf({
    name: 'unauthenticated',
    limit: limits.unauthenticatedRequestsMax,
    windowSeconds: limits.unauthenticatedWindowSeconds,
  });
  const reserve = createReserve({
    rates,
    clock,
    waitingMax: limits.authWaitingMax,
    waitTimeoutMs: limits.authWaitTimeoutMs,
  });
  // When this node last marked a pair, so that it need not ask for each request.
  const markedAtMs = new Map<string, number>();

  const isKnownHere = (pair: string): boolean => {
    const atMs = markedAtMs.get(pair);
    return atMs !== undefined && clock.monotonic() - atMs < KNOWN_SECONDS * 500;
  };

  const mark = (pair: string): void => {
    const nowMs = clock.monotonic();
    const atMs = markedAtMs.get(pair);
    if (atMs !== undefined && nowMs - atMs < MARK_EVERY_MS) return;
    markedAtMs.delete(pair);
    markedAtMs.set(pair, nowMs);
    const oldest = markedAtMs.size > limits.rateSubjectsMax ? markedAtMs.keys().next() : null;
    if (oldest?.done === false) markedAtMs.delete(oldest.value);
    void rates.take([{ rate: KNOWN, subject: pair }]);
  };

  const permitOf = (hold: Hold, address: string, key: KeyId | null): Permit => ({
    ok: true,
    failed: () => hold.end(true),
    succeeded(holder) {
      const owner = key ?? holder ?? null;
      if (owner !== null) mark(pairOf(owner, address));
      hold.end(false);
    },
    undecided: () => hold.end(false),
  });

  const attemptOf = (result: Hold | Refused, address: string, key: KeyId | null): Attempt =>
    result.ok ? permitOf(result, address, key) : result;

  const begin = (
    demands: readonly Demand[],
    address: string,
    key: KeyId | null,
  ): Attempt | Promise<Attempt> => {
    const held = reserve.hold(demands);
    if (held instanceof Promise) return held.then((result) => attemptOf(result, address, key));
    return attemptOf(held, address, key);
  };

  return {
    begin({ address, key }) {
      const alone = [{ rate: byAddress, subject: address }];
      if (key === null || isKnownHere(pairOf(key, address))) return begin(alone, address, key);
      const both = begin([...alone, { rate: byKey, subject: key }], address, key);
      const unlessKnown = (attempt: Attempt): Attempt | Promise<Attempt> => {
        if (attempt.ok || attempt.by !== byKey.name) return attempt;
        // Another node, or this one before its restart, may have seen it succeed from there.
        const known = rates.look([{ rate: KNOWN, subject: pairOf(key, address) }]);
        const decide = ({ states }: { readonly states: Refused['states'] }) =>
          states.some(({ remaining }) => remaining < KNOWN.burst) ? begin(alone, address, key) : attempt;
        return known instanceof Promise ? known.then(decide) : decide(known);
      };
      return both instanceof Promise ? both.then(unlessKnown) : unlessKnown(both);
    },
    beginUnauthenticated({ address }) {
      return begin([{ rate: unauthenticated, subject: address }], address, null);
    },
  };
}

function pairOf(key: KeyId, address: string): string {
  return `${key} ${address}`;
}
