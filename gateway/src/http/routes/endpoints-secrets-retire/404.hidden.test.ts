// An endpoint of another environment is not there, and a secret of another endpoint is not in force at this one. K3.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aRotatedEndpoint } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

const { admin } = await sharedGateway();

test("404 ENDPOINT_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id, secret } = await aRotatedEndpoint();
  const retire = (one: string) =>
    ({ method: 'POST', path: `/admin/v1/endpoints/${one}/secrets/retire`, body: { secret } }) as const;
  await assertHidden(retire, { id, code: 'ENDPOINT_NOT_FOUND' });
});

test('404 SECRET_NOT_FOUND for a secret of another endpoint', async () => {
  const [{ id }, { secret }] = [await aRotatedEndpoint(), await aRotatedEndpoint()];
  const answer = await admin('POST', `/admin/v1/endpoints/${id}/secrets/retire`, { secret });
  assertProblem(answer, 'SECRET_NOT_FOUND');
});
