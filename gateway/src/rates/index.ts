export {
  type Attempt,
  type Attempts,
  type AttemptsOptions,
  createAttempts,
  type Permit,
} from './attempts.ts';
export { rateLimitHeaders } from './headers.ts';
export { type Demand, type Rate, type RateState, rateOf } from './rate.ts';
export { createRates, type Rates, type RatesOptions, rateLimited } from './rates.ts';
export type { Granted, Refused, Taken } from './taken.ts';
