// The same platform credential is never kept in environments of different kinds, also when two bring it in at once; what
// is kept to find it again gives nothing away. K3 U4 L1 Q4; practice "different credentials per environment".
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Client } from 'pg';
import { type EnvironmentId, encodeParts, openSecretText } from '#base';
import { ACTOR, CREDENTIAL, faultOf, type TestRooms, withRooms } from './connections.fixture.ts';

const OTHER = Object.freeze({ apiKey: 'koywe-other-api-key-1', secret: 'koywe-other-secret-0123456789' });

async function kinds(rooms: TestRooms): Promise<{ staging: EnvironmentId; production: EnvironmentId }> {
  return {
    staging: await rooms.environmentOf('staging'),
    production: await rooms.environmentOf('production'),
  };
}

function bring(rooms: TestRooms, environment: EnvironmentId, credential: Readonly<Record<string, string>>) {
  return rooms.connections.create({ environment, platform: 'koywe', name: 'koywe', credential }, ACTOR);
}

test('K3 a credential in one kind of environment is refused in every other, made or set', async (t) => {
  const rooms = await withRooms(t);
  const { staging, production } = await kinds(rooms);
  await bring(rooms, rooms.environment, CREDENTIAL);
  // The order in which its fields come changes nothing.
  const turned = { secret: CREDENTIAL.secret, apiKey: CREDENTIAL.apiKey };
  for (const environment of [staging, production]) {
    const fault = await faultOf(bring(rooms, environment, turned), 'CREDENTIAL_IN_USE_ELSEWHERE');
    assert.equal(fault.status, 409);
    assert.ok(!JSON.stringify([fault.detail, fault.fields]).includes(rooms.environment), 'it says where');
    assert.match(fault.detail, /development/);
  }
  const own = await bring(rooms, production, OTHER);
  const target = { environment: production, connection: own.id };
  await faultOf(
    rooms.connections.setCredential({ ...target, credential: CREDENTIAL }, ACTOR),
    'CREDENTIAL_IN_USE_ELSEWHERE',
  );
  await rooms.connections.setCredential({ ...target, credential: OTHER }, ACTOR);
  assert.deepEqual((await rooms.connections.list({ environment: staging, limit: 10 })).items, []);
});

test('K3 environments of one kind may share it, and it is free again when it is removed or replaced', async (t) => {
  const rooms = await withRooms(t);
  const { production } = await kinds(rooms);
  const { id: organization } = await rooms.environments.createOrganization({ name: 'second' }, ACTOR);
  const second = { organization, name: 'dev', kind: 'development', region: 'local' } as const;
  const { id: alike } = await rooms.environments.create(second, ACTOR);
  const first = await bring(rooms, rooms.environment, CREDENTIAL);
  const also = await bring(rooms, alike, CREDENTIAL);
  await faultOf(bring(rooms, production, CREDENTIAL), 'CREDENTIAL_IN_USE_ELSEWHERE');
  const target = { environment: rooms.environment, connection: first.id };
  await rooms.connections.setCredential({ ...target, credential: OTHER }, ACTOR);
  await faultOf(bring(rooms, production, CREDENTIAL), 'CREDENTIAL_IN_USE_ELSEWHERE');
  await rooms.connections.remove({ environment: alike, connection: also.id }, ACTOR);
  await bring(rooms, production, CREDENTIAL);
});

test('K3 of two kinds that bring it in at once at most one succeeds', async (t) => {
  const rooms = await withRooms(t);
  const { staging, production } = await kinds(rooms);
  const environments = [rooms.environment, staging, production];
  const results = await Promise.allSettled(
    environments.flatMap((environment) => [1, 2].map(() => bring(rooms, environment, CREDENTIAL))),
  );
  assert.ok(results.filter(({ status }) => status === 'fulfilled').length <= 1);
  let holders = 0;
  for (const environment of environments)
    holders += (await rooms.connections.list({ environment, limit: 10 })).items.length;
  assert.ok(holders <= 1, `${holders} kinds have it`);
});

test('K3 what is kept to find it is no hash of it that anybody without the pepper could make', async (t) => {
  const rooms = await withRooms(t);
  await bring(rooms, rooms.environment, CREDENTIAL);
  const client = new Client(openSecretText(rooms.url));
  await client.connect();
  await client.query(`set role sallyport_system`);
  const { rows } = await client.query<{ credential_mac: Buffer }>(
    'select credential_mac from sallyport.connections',
  );
  await assert.rejects(client.query('select sealed_credential from sallyport.connections'), {
    code: '42501',
  });
  await client.end();
  const [{ credential_mac: mac } = { credential_mac: Buffer.alloc(0) }] = rows;
  assert.equal(mac.length, 32);
  const texts = [
    ...Object.values(CREDENTIAL),
    Object.values(CREDENTIAL).join(''),
    JSON.stringify(CREDENTIAL),
    Buffer.from(
      encodeParts(['sallyport platform credential', 'koywe', ...Object.entries(CREDENTIAL).flat()]),
    ),
  ];
  for (const text of texts) {
    assert.notDeepEqual(mac, createHash('sha256').update(text).digest());
    assert.notDeepEqual(mac, createHmac('sha256', '').update(text).digest());
  }
});

test('Q5 a connection whose name says another kind of environment is refused', async (t) => {
  const rooms = await withRooms(t);
  const made = { environment: rooms.environment, platform: 'koywe', credential: CREDENTIAL };
  const fault = await faultOf(
    rooms.connections.create({ ...made, name: 'koywe-prod' }, ACTOR),
    'INVALID_REQUEST',
  );
  assert.deepEqual(
    fault.fields.map(({ path }) => path),
    ['name'],
  );
});
