import type { RateState } from './rate.ts';

/**
 * The fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11: two structured lists, RFC 9651)
 * for the states of an answer. `t` is when all is free again, or, with nothing left, when one is, so that
 * `Retry-After` never points before it (section 4).
 *
 * @example rateLimitHeaders(taken.states) // { 'ratelimit-policy': '"key";q=10;w=60', 'ratelimit': '"key";r=9;t=6' }
 */
export function rateLimitHeaders(states: readonly RateState[]): {
  readonly ratelimit: string;
  readonly 'ratelimit-policy': string;
} {
  let policies = '';
  let limits = '';
  for (const { name, limit, windowSeconds, remaining, resetSeconds } of states) {
    const comma = policies === '' ? '' : ', ';
    policies += `${comma}"${name}";q=${limit};w=${windowSeconds}`;
    limits += `${comma}"${name}";r=${remaining};t=${resetSeconds}`;
  }
  return { ratelimit: limits, 'ratelimit-policy': policies };
}
