// A state that lasts, such as a database that is away, meets every request: the output says so, and how often, and does not grow with
// their number. Invariant 7.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogFields, newId, silentLog, systemClock } from '#base';
import { createPutOff } from './put-off.ts';

test('a flood of requests that are put off makes a line a second for each route and code, and all are counted', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lines: LogFields[] = [];
  const putOff = createPutOff({ ...silentLog, warn: (_message, fields = {}) => void lines.push(fields) });
  const SECONDS = 10;
  const PER_SECOND = 1_000;
  const KINDS = [
    ['/in/{endpoint}', 'STORE_UNAVAILABLE'],
    ['/in/{endpoint}', 'BUSY'],
    ['/v1/events', 'BUSY'],
  ] as const;
  for (let second = 0; second < SECONDS; second += 1) {
    for (const [route, code] of KINDS) {
      for (let number = 0; number < PER_SECOND; number += 1)
        putOff({ request: newId('request', systemClock), route, code });
    }
    t.mock.timers.tick(1_000);
  }
  assert.ok(lines.length <= KINDS.length * (SECONDS + 1), `${lines.length} lines`);
  for (const [route, code] of KINDS) {
    const of = lines.filter((line) => line.route === route && line.code === code);
    assert.equal(
      of.reduce((sum, { count = 1 }) => sum + count, 0),
      SECONDS * PER_SECOND,
    );
    assert.ok(of.every(({ status, request }) => status === 503 && request !== undefined));
  }
});

test('requests put off now and then have a line each', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let lines = 0;
  const putOff = createPutOff({ ...silentLog, warn: () => void lines++ });
  for (let number = 0; number < 5; number += 1) {
    putOff({ request: newId('request', systemClock), route: '/v1/events', code: 'BUSY' });
    t.mock.timers.tick(1_500);
  }
  assert.equal(lines, 5);
});
