// Nobody locks themselves out by mistake: that takes force. K14; trap "always leave a recovery path".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { freshName, sharedGateway } from '#test/shared-gateway';

const { admin, call } = await sharedGateway();

test('409 LOCKS_OUT_CALLER for an allowlist without the caller, unless forced', async () => {
  const made = await admin('POST', '/admin/v1/keys', {
    kind: 'admin',
    name: freshName(),
    scopes: ['keys:write'],
  });
  const { key, secret } = made.json<{ key: { id: string }; secret: string }>();
  const change = (body: object) =>
    call({ method: 'PATCH', path: `/admin/v1/keys/${key.id}`, key: secret, body });
  assertProblem(await change({ allowedAddresses: ['192.0.2.0/24'] }), 'LOCKS_OUT_CALLER');
  assert.equal((await change({ allowedAddresses: ['127.0.0.1'] })).status, 200);
  assert.equal((await change({ allowedAddresses: ['192.0.2.0/24'], force: true })).status, 200);
  assertProblem(await change({ allowedAddresses: [] }), 'ADDRESS_REFUSED');
});
