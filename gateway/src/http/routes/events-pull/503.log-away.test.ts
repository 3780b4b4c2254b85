// While the log can not be written nothing is given out, and it comes when the lease is over. L2 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { withoutLog } from '../log-away.fixture.ts';
import { aPullDestination, pull, send } from '../objects.fixture.ts';

const { call } = await sharedGateway();

test('503 AUDIT_UNAVAILABLE with nothing of the event', async () => {
  const { key } = await aPullDestination();
  const event = await send('{"type":"log.away"}');
  await withoutLog(async () => {
    assertProblem(await call({ path: '/v1/events?lease=1', key }), 'AUDIT_UNAVAILABLE');
  });
  assert.deepEqual(
    (await pull(key, '?wait=20')).events.map((one) => one.event),
    [event],
  );
});
