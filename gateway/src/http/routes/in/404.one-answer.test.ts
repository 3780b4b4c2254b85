// An address that is no endpoint is nothing, and a webhook is never tried against another endpoint. K3 K7.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';

const { call } = await sharedGateway();
const post = (path: string) => call({ method: 'POST', path, body: '{}' });

test('404 NOT_FOUND for what is no id, or the id of something else', async () => {
  for (const id of ['x', `evt_${'0'.repeat(26)}`, `con_${'0'.repeat(26)}`])
    assertProblem(await post(`/in/${id}`), 'NOT_FOUND');
});

test('404 ENDPOINT_NOT_FOUND for an id that nobody has', async () => {
  assertProblem(await post(`/in/ep_${'0'.repeat(26)}`), 'ENDPOINT_NOT_FOUND');
});
