// A key of another environment is not there, and a secret that has ended or never was is not in force. K3.
import { test } from 'node:test';
import { newId, systemClock } from '#base';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';
import { assertHidden } from '../refusals.fixture.ts';

const { admin } = await sharedGateway();

test("404 KEY_NOT_FOUND, in the same words for nobody's and for another environment's", async () => {
  const { id } = await aKey();
  const body = { secret: newId('secret', systemClock) };
  await assertHidden((key) => ({ method: 'POST', path: `/admin/v1/keys/${key}/retire`, body }), {
    id,
    code: 'KEY_NOT_FOUND',
  });
});

test('404 SECRET_NOT_FOUND for a secret of another key', async () => {
  const [{ id }, { id: other }] = [await aKey(), await aKey()];
  const { secrets } = (await admin('GET', `/admin/v1/keys/${other}`)).json<{ secrets: { id: string }[] }>();
  const answer = await admin('POST', `/admin/v1/keys/${id}/retire`, { secret: secrets[0]?.id });
  assertProblem(answer, 'SECRET_NOT_FOUND');
});
