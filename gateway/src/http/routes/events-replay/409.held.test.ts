// What is held is delivered by releasing it, and in no other way; what was discarded to nobody. K9.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aHeldEvent } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 EVENT_HELD for one that is held, and for one that was discarded', async () => {
  const { id } = await aHeldEvent();
  assertProblem(await admin('POST', `/admin/v1/events/${id}/replay`, {}), 'EVENT_HELD');
  await admin('POST', `/admin/v1/events/${id}/discard`);
  assertProblem(await admin('POST', `/admin/v1/events/${id}/replay`, {}), 'EVENT_HELD');
});
