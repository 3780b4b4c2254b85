// A connection shows everything but its credential, and a change is in force on every node within keyCacheMs.
// K1 K6 K11.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withClient } from '#test/client';
import { withGateway } from '#test/gateway';
import {
  ACTOR,
  CREDENTIAL,
  faultOf,
  send,
  sendWhole,
  until,
  withRooms,
  withSandbox,
} from './connections.fixture.ts';

const WRONG = { ...CREDENTIAL, secret: 'not-the-secret-of-koywe' };

test('K1: a connection is shown without its credential', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const { environment } = rooms;
  const connection = await rooms.connect(sandbox.url);
  const view = await rooms.connections.get({ environment, connection });
  assert.deepEqual(Object.keys(view).sort(), [
    'baseUrl',
    'changedAtMs',
    'createdAtMs',
    'id',
    'name',
    'platform',
    'requestChecks',
  ]);
  assert.deepEqual(await rooms.connections.list({ environment, limit: 10 }), { items: [view], next: null });
});

test('K6: a change or a removal is in force on the other node once keyCacheMs have passed', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t, { limits: { keyCacheMs: 900 } })]);
  const other = await rooms.node();
  const connection = await rooms.connect(sandbox.url);
  const target = { environment: rooms.environment, connection };
  await sendWhole(rooms, connection, { via: other });
  await rooms.connections.setCredential({ ...target, credential: WRONG }, ACTOR);
  await faultOf(send(rooms, connection), 'PLATFORM_CREDENTIAL_REFUSED'); // here at once
  rooms.clock.advance(900);
  await faultOf(send(rooms, connection, { via: other }), 'PLATFORM_CREDENTIAL_REFUSED');
  await rooms.connections.setCredential({ ...target, credential: CREDENTIAL }, ACTOR);
  rooms.clock.advance(900);
  assert.equal((await sendWhole(rooms, connection, { via: other })).status, 200);
  await rooms.connections.remove(target, ACTOR);
  rooms.clock.advance(900);
  await faultOf(send(rooms, connection, { via: other }), 'CONNECTION_NOT_FOUND');
});

test('K6: a check signs in afresh each time and tells what is wrong', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  const target = { environment: rooms.environment, connection };
  assert.deepEqual((await rooms.connections.check(target, ACTOR)).ok, true);
  assert.deepEqual((await rooms.connections.check(target, ACTOR)).reason, null);
  assert.equal(sandbox.state().signIns, 2);
  await rooms.connections.setCredential({ ...target, credential: WRONG }, ACTOR);
  const refused = await rooms.connections.check(target, ACTOR);
  assert.equal(refused.ok, false);
  assert.match(refused.reason ?? '', /^PLATFORM_CREDENTIAL_REFUSED: Koywe answered sign-in with 401/);
  const checks = rooms.audit.acts.filter(({ action }) => action === 'connection.checked');
  assert.deepEqual(
    checks.map(({ outcome }) => outcome),
    ['intent', 'success', 'intent', 'success', 'intent', 'failure'],
  );
});

test('a credential that does not fit, an unknown platform and a taken name are refused, naming fields and no values', async (t) => {
  const rooms = await withRooms(t);
  const { environment, connections } = rooms;
  const made = { environment, platform: 'koywe', name: 'koywe', credential: CREDENTIAL };
  const fault = await faultOf(
    connections.create(
      { ...made, credential: { apiKey: 'an-api-key', secret: 'a value with spaces' } },
      ACTOR,
    ),
    'INVALID_REQUEST',
  );
  assert.deepEqual(
    fault.fields.map(({ path }) => path),
    ['credential.secret'],
  );
  assert.ok(!JSON.stringify(fault.fields).includes('a value'));
  await faultOf(connections.create({ ...made, platform: '__proto__' }, ACTOR), 'PLATFORM_UNKNOWN');
  await connections.create(made, ACTOR);
  await faultOf(connections.create(made, ACTOR), 'CONFLICT');
});

test('each change is in the log, without values', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  const target = { environment: rooms.environment, connection };
  await rooms.connections.setBaseUrl({ ...target, baseUrl: sandbox.url }, ACTOR);
  await rooms.connections.setCredential({ ...target, credential: CREDENTIAL }, ACTOR);
  await rooms.connections.remove(target, ACTOR);
  const acts = rooms.audit.acts.filter(({ resource }) => resource === `connection:${connection}`);
  assert.deepEqual(
    acts.map(({ action, details }) => [action, details['changed'] ?? null]),
    [
      ['connection.created', null],
      ['connection.changed', 'baseUrl'],
      ['connection.changed', 'credential'],
      ['connection.removed', null],
    ],
  );
  await faultOf(rooms.connections.remove(target, ACTOR), 'CONNECTION_NOT_FOUND');
  await faultOf(
    rooms.connections.setCredential({ ...target, credential: CREDENTIAL }, ACTOR),
    'CONNECTION_NOT_FOUND',
  );
});

test('K10: a caller who leaves while the gateway signs in cancels it for nobody else', async (t) => {
  const gatewayTest = await withGateway(t);
  const { adminKey, testKey, koywe, sandbox, url } = gatewayTest;
  const call = withClient(t, gatewayTest);
  const made = await call({
    method: 'POST',
    path: '/admin/v1/connections',
    key: adminKey,
    body: {
      platform: 'koywe',
      name: 'koywe',
      credential: { apiKey: koywe.apiKey, secret: koywe.secret },
      baseUrl: sandbox.url,
    },
  });
  const path = `${made.json<{ prefix: string }>().prefix}/api/v1/organizations/${koywe.organizationId}/webhooks`;
  sandbox.faults.add({ fault: 'slow', path: '/api/v1/auth', delayMs: 500, times: 1 });
  const leaver = withClient({ after: (hook) => void (leave = hook) }, { url, ca: gatewayTest.ca });
  const left = leaver({ path, key: testKey }).catch((error: unknown) => error);
  await until(() => sandbox.state().requests.length === 1);
  const waiting = Promise.all([call({ path, key: testKey }), call({ path, key: testKey })]);
  await leave();
  assert.ok((await left) instanceof Error);
  assert.deepEqual(
    (await waiting).map(({ status }) => status),
    [200, 200],
  );
  assert.equal(sandbox.state().signIns, 1);
});

let leave: () => Promise<void> = async () => undefined;
