// Events can be asked for by endpoint and by type; what is listed says what came, never what it said. K13 L12.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { anEvent } from '../objects.fixture.ts';

const { admin } = await sharedGateway();
const list = async (query: string) =>
  (await admin('GET', `/admin/v1/events?${query}`)).json<{ items: Record<string, unknown>[] }>().items;

test('200 with those of an endpoint, or of a type, or none', async () => {
  const { id, endpoint, body } = await anEvent();
  await anEvent();
  const [event, ...more] = await list(`endpoint=${endpoint}`);
  assert.equal(more.length, 0);
  const { receivedAt: _, ...rest } = event ?? {};
  assert.deepEqual(rest, {
    id,
    endpoint,
    platform: 'koywe',
    type: 'order.completed',
    state: 'accepted',
    reason: null,
    detail: null,
    platformEvent: JSON.parse(body).id,
    bytes: body.length,
    digest: createHash('sha256').update(body).digest('hex'),
  });
  assert.ok((await list('type=order.completed')).length >= 2);
  assert.deepEqual(await list('type=order.failed'), []);
  assert.equal(
    (await list(`endpoint=${endpoint}&platform=koywe&state=accepted&from=2026-01-01T00:00:00Z`)).length,
    1,
  );
  for (const none of [
    'platform=stripe',
    'state=discarded',
    'from=2999-01-01T00:00:00Z',
    'to=2026-01-01T00:00:00Z',
    'to=0000-01-01T00:00:00Z',
  ])
    assert.deepEqual(await list(`endpoint=${endpoint}&${none}`), [], none);
  assert.equal(
    (await list(`endpoint=${endpoint}&from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z`)).length,
    1,
  );
  assert.deepEqual(await list(`endpoint=ep_${'0'.repeat(26)}`), []);
});
