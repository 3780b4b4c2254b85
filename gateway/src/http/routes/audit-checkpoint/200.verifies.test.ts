// The newest checkpoint of the log verifies under the key that stands beside it, and each environment has its own. K23; trap
// "A bare hash chain does not show a cut tail".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyCheckpoint } from '@sallyport/evidence';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call, elsewhere, gateway } = await sharedGateway();
interface Signed {
  readonly checkpoint: string | null;
  readonly verifierKey: string;
}

test('200 with a checkpoint that grows with the log', async () => {
  const size = async () => {
    await gateway.rooms.audit.integrate();
    const { checkpoint, verifierKey } = (await admin('GET', '/admin/v1/audit/checkpoint')).json<Signed>();
    const verdict = verifyCheckpoint(checkpoint ?? assert.fail(), verifierKey);
    return verdict.ok ? verdict.size : assert.fail('it does not verify');
  };
  await aKey();
  const before = await size();
  await aKey();
  while ((await size()) <= before); // one is signed at most once a second
});

test('200 with another key for another environment', async () => {
  const { adminKey: key } = await elsewhere();
  const theirs = (await call({ path: '/admin/v1/audit/checkpoint', key })).json<Signed>();
  assert.notEqual(
    theirs.verifierKey,
    (await admin('GET', '/admin/v1/audit/checkpoint')).json<Signed>().verifierKey,
  );
});
