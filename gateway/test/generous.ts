import type { Limits } from '#base';

/**
 * Limits for tests that ask again and again without a credential, or many times at once from the one address there is: what
 * they test is something else. The limits themselves are tested with their own defaults.
 */
export const GENEROUS: Partial<Limits> = Object.freeze({
  authFailuresMax: 1_000,
  unauthenticatedRequestsMax: 1_000_000,
  keyRequestsPerMinuteMax: 1_000_000,
  addressRequestsPerMinuteMax: 1_000_000,
  routeRequestsPerMinuteMax: 1_000_000,
  connectionsPerAddressMax: 10_500,
  destinationsMax: 200,
});
