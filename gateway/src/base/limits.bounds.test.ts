// Every limit has a default within its bounds, a unit in its name, a sentence, and can't be changed in place.
// Invariant 7 of the design.
import assert from 'node:assert/strict';
import test from 'node:test';
import { isoTime, systemClock } from './clock.ts';
import { LIMITS, limitsWith } from './limits.ts';
import { randomBytes, randomFraction } from './random.ts';

test('defaults lie within their bounds, and everything is a whole number', () => {
  for (const [name, { value, min, max, about }] of Object.entries(LIMITS)) {
    assert.ok(
      [value, min, max].every((number) => Number.isSafeInteger(number) && number >= 0),
      name,
    );
    assert.ok(min <= value && value <= max && min < max, name);
    assert.ok(about.length >= 10, name);
  }
});

test('names end in their unit or in what they bound', () => {
  for (const name of Object.keys(LIMITS)) assert.match(name, /(Max|Ms|Seconds|Days|Concurrency)$/);
});

test('bounds that depend on one another hold by default', () => {
  const limits = limitsWith();
  assert.ok(limits.headersTimeoutMs <= limits.requestTimeoutMs);
  assert.ok(limits.webhookBodyBytesMax <= limits.webhookBatchBytesMax);
  assert.ok(limits.webhookBatchBytesMax <= limits.webhookQueueBytesMax);
  assert.ok(limits.forwardRepeatBytesMax <= limits.forwardBodyBytesMax);
  assert.ok(limits.outboundConnectTimeoutMs <= limits.outboundTotalTimeoutMs);
  assert.ok(limits.deliveryTimeoutMs < limits.deliveryLeaseMs, 'an attempt ends before its claim does');
  assert.ok(limits.keyCacheMs < 1_000, 'revocation is in force within a second (invariant 8)');
  assert.ok(LIMITS.keyCacheMs.max < 1_000);
  assert.ok(LIMITS.auditIntegrateMs.max <= 1_000, 'entries are integrated within a second');
});

test('what is configured takes the place of its default, and the result is frozen', () => {
  const limits = limitsWith({ pageItemsMax: 7 });
  assert.equal(limits.pageItemsMax, 7);
  assert.equal(limits.bearerLifeSeconds, LIMITS.bearerLifeSeconds.value);
  assert.ok(Object.isFrozen(limits) && Object.isFrozen(LIMITS) && Object.isFrozen(LIMITS.pageItemsMax));
});

test('the clock of the machine gives milliseconds, and moments are written in UTC', () => {
  assert.ok(systemClock.now() > 1_700_000_000_000 && systemClock.now() < 10_000_000_000_000);
  const before = systemClock.monotonic();
  assert.ok(systemClock.monotonic() >= before);
  assert.equal(isoTime(1_769_903_999_000), '2026-01-31T23:59:59.000Z');
});

test('random bytes have their length and differ; fractions lie in [0, 1)', () => {
  assert.equal(randomBytes(16).length, 16);
  assert.equal(randomBytes(16).buffer.byteLength, 16, 'no view into a shared pool');
  assert.notDeepEqual(randomBytes(16), randomBytes(16));
  for (let count = 0; count < 1_000; count++) {
    const fraction = randomFraction();
    assert.ok(fraction >= 0 && fraction < 1);
  }
});
