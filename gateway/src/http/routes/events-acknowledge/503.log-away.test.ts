// While the log can not be written nothing is acknowledged, and it is given again. L2 K23; trap "The entry and the act commit
// together".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { withoutLog } from '../log-away.fixture.ts';
import { aPullDestination, pull, send } from '../objects.fixture.ts';

const { call } = await sharedGateway();

test('503 AUDIT_UNAVAILABLE, and it is as before', async () => {
  const { key } = await aPullDestination();
  const event = await send('{"type":"log.away"}');
  const { batch } = await pull(key, '?lease=1');
  const acknowledge = () => call({ method: 'POST', path: '/v1/events/acknowledge', key, body: { batch } });
  await withoutLog(async () => void assertProblem(await acknowledge(), 'AUDIT_UNAVAILABLE'));
  assert.deepEqual(
    (await pull(key, '?wait=20')).events.map((one) => one.event),
    [event],
  );
});
