// Nothing reaches a platform before its intent is in the log, and no answer ends before its outcome is.
// Traps "Audit": an act without its entry must be impossible; when the log can't be written, the act is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { openSecretText } from '#base';
import { withClient } from '#test/client';
import { withGateway } from '#test/gateway';
import {
  ACTOR,
  bytesOf,
  faultOf,
  send,
  sendWhole,
  withPlatform,
  withRooms,
  withSandbox,
} from './connections.fixture.ts';

test('the log away: the call is refused, and not even a sign-in reaches the platform', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  rooms.audit.refuse('call.started');
  await faultOf(send(rooms, connection), 'AUDIT_UNAVAILABLE');
  rooms.audit.refuse('connection.checked');
  await faultOf(
    rooms.connections.check({ environment: rooms.environment, connection }, ACTOR),
    'AUDIT_UNAVAILABLE',
  );
  assert.equal(sandbox.state().requests.length, 0);
});

test('the outcome can not be recorded: the answer never looks whole', async (t) => {
  const rooms = await withRooms(t);
  const platform = await withPlatform(t, (_request, response) => response.end('{"id":"ord_1"}'));
  const connection = await rooms.connect(platform);
  rooms.audit.refuse('call.finished');
  const { status, body } = await send(rooms, connection);
  assert.equal(status, 200);
  await faultOf(bytesOf(body), 'AUDIT_UNAVAILABLE');
});

test('the outcome of a failed call can not be recorded: the caller learns what happened to the call', async (t) => {
  const rooms = await withRooms(t);
  const platform = await withPlatform(t, (_request, response) => response.destroy());
  const connection = await rooms.connect(platform);
  rooms.audit.refuse('call.finished');
  await faultOf(send(rooms, connection), 'OUTBOUND_BROKEN');
});

test('intent before, outcome after; both name the caller and the connection', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  const calls = rooms.audit.acts.filter(({ action }) => action.startsWith('call.'));
  assert.deepEqual(
    calls.map(({ action, outcome }) => [action, outcome]),
    [
      ['call.started', 'intent'],
      ['call.finished', 'success'],
    ],
  );
  for (const { actor, resource } of calls) {
    assert.deepEqual(actor, ACTOR);
    assert.equal(resource, `connection:${connection}`);
  }
});

test('what is refused is in the log, and reaches nobody', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  await faultOf(send(rooms, connection, { target: '/api/v1/%61uth/sign-in' }), 'PATH_NOT_FORWARDED');
  await faultOf(send(rooms, connection, { target: '/%ff' }), 'AMBIGUOUS_PATH');
  await rooms.connections.remove({ environment: rooms.environment, connection }, ACTOR);
  await faultOf(send(rooms, connection), 'CONNECTION_NOT_FOUND');
  const refused = rooms.audit.acts.filter(({ action }) => action === 'call.refused');
  assert.deepEqual(
    refused.map(({ details }) => details['code']),
    ['PATH_NOT_FORWARDED', 'AMBIGUOUS_PATH', 'CONNECTION_NOT_FOUND'],
  );
  assert.equal(sandbox.state().requests.length, 0);
});

test('through the whole gateway: a log table that refuses rows keeps every call from the platform', async (t) => {
  const gatewayTest = await withGateway(t);
  const { adminKey, testKey, koywe, sandbox, databaseUrl } = gatewayTest;
  const call = withClient(t, gatewayTest);
  const credential = { apiKey: koywe.apiKey, secret: koywe.secret };
  const made = await call({
    method: 'POST',
    path: '/admin/v1/connections',
    key: adminKey,
    body: { platform: 'koywe', name: 'koywe', credential, baseUrl: sandbox.url },
  });
  const { prefix } = made.json<{ prefix: string }>();
  const client = new Client(openSecretText(databaseUrl));
  await client.connect();
  try {
    await client.query('revoke insert on sallyport.audit_pending from sallyport_runtime');
    const path = `${prefix}/api/v1/organizations/${koywe.organizationId}/webhooks`;
    const refused = await call({ path, key: testKey });
    assert.deepEqual([refused.status, refused.json()['code']], [503, 'AUDIT_UNAVAILABLE']);
    assert.equal(sandbox.state().requests.length, 0);
    await client.query('grant insert on sallyport.audit_pending to sallyport_runtime');
    assert.equal((await call({ path, key: testKey })).status, 200);
  } finally {
    await client.end();
  }
});
