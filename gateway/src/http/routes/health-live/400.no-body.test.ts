// A sign of life takes nothing in: nobody would read it. U14.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';

const { call } = await sharedGateway();

test('400 for a body', async () => {
  assertProblem(await call({ path: '/livez', body: 'x' }), 'INVALID_REQUEST');
});
