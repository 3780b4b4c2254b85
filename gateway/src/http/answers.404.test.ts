// 404 and 409: what is not there, or belongs to another environment, is not there; what contradicts is refused.
// K3; invariant "Nothing crosses environments".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopesOf } from '#access';
import { openSecretText, SYSTEM } from '#base';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';

const gateway = await withGateway(afterFile);
const call = await withDescribedClient(afterFile, gateway);
const { adminKey: key, testKey } = gateway;
const { environments, access } = gateway.gateway.rooms;
const organization = await environments.createOrganization({ name: 'other' }, SYSTEM);
const other = await environments.create(
  { organization: organization.id, name: 'other', kind: 'staging', region: 'eu' },
  SYSTEM,
);
const otherAdmin = openSecretText(
  (
    await access.keys.create(
      { environment: other.id, kind: 'admin', name: 'admin', scopes: scopesOf('admin') },
      SYSTEM,
    )
  ).secret,
);
const otherTest = openSecretText(
  (
    await access.keys.create(
      { environment: other.id, kind: 'test', name: 'test', scopes: scopesOf('test') },
      SYSTEM,
    )
  ).secret,
);

test('404 for ids that nobody has', async () => {
  const id = '0'.repeat(26);
  const cases = [
    ['POST', `/admin/v1/keys/key_${id}/revoke`, 'KEY_NOT_FOUND'],
    ['GET', `/admin/v1/connections/con_${id}`, 'CONNECTION_NOT_FOUND'],
    ['DELETE', `/admin/v1/connections/con_${id}`, 'CONNECTION_NOT_FOUND'],
    ['POST', `/admin/v1/connections/con_${id}/check`, 'CONNECTION_NOT_FOUND'],
    ['GET', `/admin/v1/endpoints/ep_${id}`, 'ENDPOINT_NOT_FOUND'],
    ['GET', `/admin/v1/destinations/dst_${id}`, 'DESTINATION_NOT_FOUND'],
    ['GET', `/admin/v1/events/evt_${id}`, 'EVENT_NOT_FOUND'],
    ['POST', `/admin/v1/events/evt_${id}/reveal`, 'EVENT_NOT_FOUND'],
  ] as const;
  for (const [method, path, code] of cases) assertProblem(await call({ method, path, key }), code);
  assertProblem(await call({ path: `/out/con_${id}/x`, key: testKey }), 'CONNECTION_NOT_FOUND');
  assertProblem(await call({ method: 'POST', path: '/in/x', body: '{}' }), 'NOT_FOUND');
});

test('K3 404 from another environment for all that one environment has', async () => {
  const post = (path: string, body: object) => call({ method: 'POST', path, key, body });
  const connection = (
    await post('/admin/v1/connections', {
      platform: 'koywe',
      name: 'a',
      credential: { apiKey: 'api-key-1', secret: 'secret-of-the-platform' },
    })
  ).json<{ id: string; prefix: string }>();
  const endpoint = (
    await post('/admin/v1/endpoints', { platform: 'koywe', name: 'a', secret: 'a'.repeat(32) })
  ).json<{ id: string }>();
  const destination = (await post('/admin/v1/destinations', { name: 'a', url: 'https://app.test/x' })).json<{
    destination: { id: string };
  }>();
  const mine = (await call({ path: '/admin/v1/keys', key })).json<{ items: { id: string }[] }>().items[0];
  const cases = [
    ['GET', `/admin/v1/connections/${connection.id}`, 'CONNECTION_NOT_FOUND'],
    ['DELETE', `/admin/v1/connections/${connection.id}`, 'CONNECTION_NOT_FOUND'],
    ['GET', `/admin/v1/endpoints/${endpoint.id}`, 'ENDPOINT_NOT_FOUND'],
    ['GET', `/admin/v1/destinations/${destination.destination.id}`, 'DESTINATION_NOT_FOUND'],
    ['POST', `/admin/v1/keys/${mine?.id ?? ''}/revoke`, 'KEY_NOT_FOUND'],
  ] as const;
  for (const [method, path, code] of cases)
    assertProblem(await call({ method, path, key: otherAdmin }), code);
  assertProblem(await call({ path: `${connection.prefix}/x`, key: otherTest }), 'CONNECTION_NOT_FOUND');
  for (const list of ['connections', 'endpoints', 'destinations', 'events', 'deliveries']) {
    const answer = await call({ path: `/admin/v1/${list}`, key: otherAdmin });
    assert.deepEqual(answer.json(), { items: [], next: null });
  }
});

test('409 for a name that is taken', async () => {
  const post = (path: string, body: object) => call({ method: 'POST', path, key, body });
  const cases = [
    ['/admin/v1/keys', { kind: 'test', name: 'taken' }],
    [
      '/admin/v1/connections',
      {
        platform: 'koywe',
        name: 'taken',
        credential: { apiKey: 'api-key-1', secret: 'secret-of-the-platform' },
      },
    ],
    ['/admin/v1/endpoints', { platform: 'koywe', name: 'taken', secret: 'a'.repeat(32) }],
    ['/admin/v1/destinations', { name: 'taken', url: 'https://app.test/x' }],
  ] as const;
  for (const [path, body] of cases) {
    assert.equal((await post(path, body)).status, 201, path);
    assertProblem(await post(path, body), 'CONFLICT');
  }
});
