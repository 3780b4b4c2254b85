// What is not held is not decided about: a delivered event can't be taken back, and a decision is made once. K9.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aHeldEvent, anEvent } from '../objects.fixture.ts';

const { admin } = await sharedGateway();

test('409 EVENT_NOT_HELD for an accepted and for a discarded one', async () => {
  const { id } = await anEvent();
  assertProblem(await admin('POST', `/admin/v1/events/${id}/discard`), 'EVENT_NOT_HELD');
  const { id: held } = await aHeldEvent();
  await admin('POST', `/admin/v1/events/${held}/discard`);
  assertProblem(await admin('POST', `/admin/v1/events/${held}/release`), 'EVENT_NOT_HELD');
});
