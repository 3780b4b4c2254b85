// The RateLimit fields are what draft-ietf-httpapi-ratelimit-headers-11 says: lists of quoted names with q and w, r and t. K18 U14.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitsWith, silentLog, systemClock } from '#base';
import { createRates, rateLimited, rateLimitHeaders, rateOf } from '#rates';

test('one item for each rate, in both fields, in the same order', async () => {
  const rates = await createRates({
    clock: { ...systemClock, monotonic: () => 1_000 },
    limits: limitsWith(),
    log: silentLog,
    redisUrl: null,
  });
  const demands = [
    { rate: rateOf({ name: 'key', limit: 10, windowSeconds: 60 }), subject: 'a' },
    { rate: rateOf({ name: 'address', limit: 1, windowSeconds: 900 }), subject: 'a' },
  ];
  assert.deepEqual(rateLimitHeaders((await rates.take(demands)).states), {
    'ratelimit-policy': '"key";q=10;w=60, "address";q=1;w=900',
    ratelimit: '"key";r=9;t=6, "address";r=0;t=900',
  });
  const refused = await rates.take(demands);
  assert.ok(!refused.ok);
  const fault = rateLimited(refused);
  assert.deepEqual([fault.code, fault.status, fault.retryAfterSeconds], ['RATE_LIMITED', 429, 900]);
  assert.match(fault.message, /"address"/);
});
