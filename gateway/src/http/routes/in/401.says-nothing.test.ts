// A webhook that does not verify is refused in one sentence, whatever was wrong, and the log has the reason. K7 U11 L12;
// traps "A missing signature header must fail", "Character length is not byte length".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint, sendWebhook } from '../objects.fixture.ts';

const { actsOn, call } = await sharedGateway();

test('401 WEBHOOK_REFUSED, always in the same words', async () => {
  const { id, path } = await anEndpoint();
  const body = '{"id":"1"}';
  const details = new Set<string>();
  for (const headers of [
    {},
    { 'koywe-signature': '' },
    { 'koywe-signature': 'f'.repeat(64) },
    { 'koywe-signature': 'é'.repeat(64) },
  ] as Record<string, string>[])
    details.add(assertProblem(await call({ method: 'POST', path, body, headers }), 'WEBHOOK_REFUSED').detail);
  const byAnother = await sendWebhook(path, { body, secret: 'secret-of-another-endpoint-01234' });
  details.add(assertProblem(byAnother, 'WEBHOOK_REFUSED').detail);
  assert.equal(details.size, 1);
  assert.ok((await actsOn(`endpoint:${id}`)).some((act) => act.startsWith('webhook.refused: refused by ')));
});
