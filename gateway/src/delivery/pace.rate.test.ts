// A destination with a rate gets no more than that many in any second from a node, and no fewer when there is enough to send.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DestinationId } from '#base';
import { createPace } from './pace.ts';

const one: DestinationId = 'dst_00000000000000000000000001';

test('a second’s worth at once, then as time goes by; nothing is saved up beyond it', () => {
  const pace = createPace();
  assert.equal(pace.allowed(0).get(one), undefined);
  for (let count = 0; count < 10; count++) pace.take(one, { perSecond: 10, nowMs: 0 });
  assert.equal(pace.allowed(0).get(one), 0);
  assert.equal(pace.waitMs(0), 100);
  assert.equal(pace.allowed(99).get(one), 0);
  assert.equal(pace.allowed(100).get(one), 1);
  assert.equal(pace.waitMs(100), null);
  assert.equal(pace.allowed(550).get(one), 5);
  // Full again: it is as if nothing had ever been sent.
  assert.equal(pace.allowed(5_000).get(one), undefined);
});

test('over a minute at full demand: the rate, and one second’s worth more', () => {
  const pace = createPace();
  let sent = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 7) {
    const allowed = pace.allowed(nowMs).get(one) ?? 3;
    for (let count = 0; count < allowed; count++) {
      pace.take(one, { perSecond: 3, nowMs });
      sent += 1;
    }
  }
  assert.ok(sent >= 178 && sent <= 183, String(sent));
});

test('a clock that goes back gives nothing away', () => {
  const pace = createPace();
  for (let count = 0; count < 5; count++) pace.take(one, { perSecond: 5, nowMs: 10_000 });
  assert.equal(pace.allowed(1_000).get(one), 0);
});
