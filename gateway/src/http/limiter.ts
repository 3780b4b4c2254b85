import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '#access';
import { countingAddress, Fault, type FaultCode, type KeyId, type Limits, toFault } from '#base';
import {
  type Attempts,
  type Permit,
  type Rate,
  type RateState,
  type Rates,
  rateLimited,
  rateLimitHeaders,
  rateOf,
} from '#rates';
import type { ReceivedOf } from './received.ts';

/** A check of a credential, told whether it has to look something up. */
export type Check<T> = (beforeAsking: () => Promise<void>) => Promise<T>;

export interface Guarded<T> {
  /** The key whose credential it claims to be, where it names one. */
  readonly key: KeyId | null;
  readonly check: Check<T>;
  readonly keyOf: (value: T) => KeyId;
}

/** How much may come in. */
export interface Limiter {
  /**
   * Runs the check of a credential. What is a guess counts: too many of an address or under a key id, and no further
   * one is looked at. Throws what the check throws, or `RATE_LIMITED`.
   */
  guarded<T>(request: IncomingMessage, given: Guarded<T>): Promise<T>;
  /** Counts a request that stayed without a valid credential; throws `RATE_LIMITED` when its address had too many. */
  strange(request: IncomingMessage): Promise<void>;
  /** The same for work that may end with 401. */
  strangeUnless<T>(request: IncomingMessage, work: () => Promise<T>): Promise<T>;
  /** A place of every rate that holds for whoever came in, or none of any: `RATE_LIMITED`. No `route` where it may not go. */
  take(
    request: IncomingMessage,
    by: { readonly principal: Principal; readonly route: string | null; readonly response: ServerResponse },
  ): Promise<void>;
  /** A place of its address's rate, for a request that anybody may make: `RATE_LIMITED`. */
  takeAddress(request: IncomingMessage): Promise<void>;
  /** The `RateLimit` fields of the answer to a request, where rates were asked for it. */
  headersOf(request: IncomingMessage): Readonly<Record<string, string>> | null;
}

export interface LimiterPorts {
  readonly rates: Rates;
  readonly attempts: Attempts;
  readonly limits: Limits;
  readonly received: ReceivedOf;
}

/**
 * Guesses. A credential that was ours and has ended is no guess: an application that was left behind by a rotation must
 * not keep its successor out. Nor is a right signature that comes again. Both are refused and recorded, and count as unauthenticated.
 */
const GUESSES: ReadonlySet<FaultCode> = new Set([
  'UNAUTHENTICATED',
  'KEY_MALFORMED',
  'INVALID_CREDENTIALS',
  'SIGNATURE_INVALID',
] as const);
const MINUTE_SECONDS = 60;
const OWN_RATES_MAX = 1_000;

/** Makes it. */
export function createLimiter({ rates, attempts, limits, received }: LimiterPorts): Limiter {
  const perMinute = (name: string, limit: number): Rate =>
    rateOf({ name, limit, windowSeconds: MINUTE_SECONDS });
  const byKey = perMinute('key', limits.keyRequestsPerMinuteMax);
  const byAddress = perMinute('address', limits.addressRequestsPerMinuteMax);
  const byRoute = perMinute('route', limits.routeRequestsPerMinuteMax);
  // Those of keys with a limit of their own, by that limit.
  const own = new Map<number, Rate>();
  const states = new WeakMap<IncomingMessage, readonly RateState[]>();

  const rateOfKey = ({ requestsPerMinute }: Principal): Rate => {
    if (requestsPerMinute === null) return byKey;
    const known = own.get(requestsPerMinute);
    if (known !== undefined) return known;
    if (own.size >= OWN_RATES_MAX) own.clear();
    const made = perMinute('key', requestsPerMinute);
    own.set(requestsPerMinute, made);
    return made;
  };

  const addressOf = (request: IncomingMessage): string => countingAddress(received(request).address);

  const begin = async (address: string, key: KeyId | null): Promise<Permit> => {
    const attempt = await attempts.begin({ address, key });
    if (!attempt.ok) throw rateLimited(attempt);
    return attempt;
  };

  const strange: Limiter['strange'] = async (request) => {
    const attempt = await attempts.beginUnauthenticated({ address: addressOf(request) });
    if (!attempt.ok) throw rateLimited(attempt);
    attempt.failed();
  };

  const strangeUnless: Limiter['strangeUnless'] = async (request, work) => {
    try {
      return await work();
    } catch (thrown) {
      if (toFault(thrown).status === 401) await strange(request);
      throw thrown;
    }
  };

  return {
    strange,
    strangeUnless,

    async guarded(request, { key, check, keyOf }) {
      const address = addressOf(request);
      let permit: Permit | null = key === null ? null : await begin(address, key);
      const beforeAsking = async (): Promise<void> => {
        permit ??= await begin(address, key);
      };
      try {
        const value = await check(beforeAsking);
        permit?.succeeded(keyOf(value));
        return value;
      } catch (thrown) {
        const { code, status } = toFault(thrown);
        // A guess that was told wrong without a look-up, such as a malformed key, counts as any other.
        if (GUESSES.has(code)) (permit ?? (await begin(address, key))).failed();
        else permit?.undecided();
        if (status === 401) await strange(request);
        throw thrown;
      }
    },

    async take(request, { principal, route, response }) {
      const { key, environment } = principal;
      const leave = rates.enter(key, limits.keyConcurrentRequestsMax);
      if (leave === null)
        throw new Fault('RATE_LIMITED', {
          detail: 'The limit "concurrent" is reached.',
          retryAfterSeconds: 1,
        });
      if (response.closed) leave();
      else response.once('close', leave);
      const taken = await rates.take([
        { rate: rateOfKey(principal), subject: key },
        { rate: byAddress, subject: addressOf(request) },
        ...(route === null ? [] : [{ rate: byRoute, subject: `${environment} ${route}` }]),
      ]);
      states.set(request, taken.states);
      if (!taken.ok) throw rateLimited(taken);
    },

    async takeAddress(request) {
      const taken = await rates.take([{ rate: byAddress, subject: addressOf(request) }]);
      states.set(request, taken.states);
      if (!taken.ok) throw rateLimited(taken);
    },

    headersOf(request) {
      const known = states.get(request);
      return known === undefined ? null : rateLimitHeaders(known);
    },
  };
}
