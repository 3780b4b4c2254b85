// A sandbox credential never meets a live host, nor a live one the sandbox; any other host must be declared.
// K3 U4 Q4.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { Fault, isId, openSecretText } from '#base';
import { platformNamed } from '#platforms';
import { baseUrlFor } from './base-url.ts';
import {
  ACTOR,
  CREDENTIAL,
  faultOf,
  send,
  sendWhole,
  withRooms,
  withSandbox,
} from './connections.fixture.ts';

const koywe = platformNamed('koywe');
const { sandbox: SANDBOX, live: LIVE } = koywe.hosts;

/** The origin, or the code of the fault. */
function outcome(
  environmentKind: 'development' | 'staging' | 'production',
  baseUrl: string | undefined,
  declaredHosts: readonly string[] = [],
): string {
  try {
    return baseUrlFor({ baseUrl, platform: koywe, environmentKind, declaredHosts });
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
}

test('K3: without an address, production calls the live host and everything else the sandbox', () => {
  assert.equal(outcome('production', undefined), LIVE);
  assert.equal(outcome('development', undefined), SANDBOX);
  assert.equal(outcome('staging', undefined), SANDBOX);
});

test('K3: the other side of the line is refused, on every port, under every spelling, even when declared', () => {
  const hosts = [new URL(LIVE).host, new URL(SANDBOX).host];
  const declared = hosts.flatMap((host) => [host, `${host}:8443`, `${host}.`]);
  const spellings = (origin: string): string[] => {
    const { host } = new URL(origin);
    return [
      origin,
      `https://${host}:8443`,
      `https://${host.toUpperCase()}`,
      `https://${host}.`,
      `https://${host}:443`,
    ];
  };
  for (const address of spellings(LIVE)) {
    assert.equal(outcome('development', address, declared), 'HOST_NOT_ALLOWED', address);
    assert.equal(outcome('staging', address, declared), 'HOST_NOT_ALLOWED', address);
  }
  for (const address of spellings(SANDBOX))
    assert.equal(outcome('production', address, declared), 'HOST_NOT_ALLOWED', address);
});

test('K3: a further host is admitted exactly as declared', () => {
  assert.equal(
    outcome('development', 'https://mock.internal:8443', ['mock.internal:8443']),
    'https://mock.internal:8443',
  );
  assert.equal(
    outcome('development', 'https://mock.internal', ['mock.internal:443']),
    'https://mock.internal',
  );
  assert.equal(
    outcome('development', 'https://mock.internal:9000', ['mock.internal']),
    'https://mock.internal:9000',
  );
  for (const address of ['https://mock.internal:9000', 'https://x.mock.internal:8443', 'https://evil.test'])
    assert.equal(outcome('development', address, ['mock.internal:8443']), 'HOST_NOT_ALLOWED', address);
});

test('what is more or less than https://host[:port] is refused', () => {
  const addresses = [
    'http://mock.internal',
    'https://mock.internal/v1',
    'https://mock.internal?x',
    'https://mock.internal#x',
    'https://user@mock.internal',
    'https://user:password@mock.internal',
    'mock.internal',
    'file:///etc/passwd',
    'https://',
    '',
  ];
  for (const address of addresses)
    assert.equal(outcome('development', address, ['mock.internal']), 'HOST_NOT_ALLOWED', address);
});

test('K3: an address changed behind our back in the table meets no credential', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  const client = new Client(openSecretText(rooms.url));
  await client.connect();
  try {
    await client.query('alter table sallyport.connections no force row level security');
    await client.query('update sallyport.connections set base_url = $1', ['https://evil.test']);
  } finally {
    await client.end();
  }
  rooms.clock.advance(1_000);
  await faultOf(send(rooms, connection), 'HOST_NOT_ALLOWED');
  assert.equal(rooms.audit.acts.at(-1)?.action, 'call.refused');
});

test('K3: a connection of production can not be bound to the sandbox, nor used from another environment', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const production = await rooms.environmentOf('production');
  const credential = { ...CREDENTIAL, apiKey: 'koywe-live-api-key-1' };
  const made = { environment: production, platform: 'koywe', name: 'koywe', credential };
  await faultOf(rooms.connections.create({ ...made, baseUrl: SANDBOX }, ACTOR), 'HOST_NOT_ALLOWED');
  const live = await rooms.connections.create(made, ACTOR);
  assert.equal(live.baseUrl, LIVE);
  const target = { environment: production, connection: live.id };
  await faultOf(rooms.connections.setBaseUrl({ ...target, baseUrl: SANDBOX }, ACTOR), 'HOST_NOT_ALLOWED');
  const own = await rooms.connect(sandbox.url);
  await faultOf(send(rooms, own, { environment: production }), 'CONNECTION_NOT_FOUND');
  await faultOf(send(rooms, live.id), 'CONNECTION_NOT_FOUND');
  await faultOf(rooms.connections.get({ environment: production, connection: own }), 'CONNECTION_NOT_FOUND');
  assert.equal(sandbox.state().requests.length, 0);
});

test('K3 U4: no way leads a credential over the line: made, set, declared, moved behind our back, or under another spelling', async (t) => {
  const declared = [LIVE, SANDBOX].map((origin) => new URL(origin).host);
  const rooms = await withRooms(t, {
    declaredHosts: declared.flatMap((host) => [host, `${host}:8443`]),
  });
  const production = await rooms.environmentOf('production');
  const live = { ...CREDENTIAL, apiKey: 'koywe-live-api-key-1' };
  const sides = [
    { environment: rooms.environment, credential: CREDENTIAL, other: LIVE },
    { environment: production, credential: live, other: SANDBOX },
  ];
  const ids: string[] = [];
  for (const { environment, credential, other } of sides) {
    const { host } = new URL(other);
    const made = { environment, platform: 'koywe', credential };
    const { id: connection } = await rooms.connections.create({ ...made, name: 'koywe' }, ACTOR);
    ids.push(connection);
    const spellings = [host, host.toUpperCase(), `${host}.`, `${host}:443`, `${host}:8443`, `${host}.:8443`];
    for (const spelling of [...spellings, ...spellings.map((text) => text.replace('koywe', 'ｋoywe'))]) {
      const baseUrl = `https://${spelling}`;
      await faultOf(rooms.connections.create({ ...made, name: 'other', baseUrl }, ACTOR), 'HOST_NOT_ALLOWED');
      await faultOf(
        rooms.connections.setBaseUrl({ environment, connection, baseUrl }, ACTOR),
        'HOST_NOT_ALLOWED',
      );
    }
  }
  // Moved into the other environment by whoever restores a backup there: it neither opens nor meets that side's host.
  const client = new Client(openSecretText(rooms.url));
  await client.connect();
  await client.query('alter table sallyport.connections no force row level security');
  await client.query(`update sallyport.connections set name = 'moved', environment_id = $1 where id = $2`, [
    production,
    ids[0],
  ]);
  await client.query('alter table sallyport.connections force row level security');
  await client.end();
  const moved = ids[0] ?? '';
  assert.ok(isId('connection', moved));
  await faultOf(send(rooms, moved, { environment: production }), 'OPEN_FAILED');
  rooms.clock.advance(1_000);
  await faultOf(send(rooms, moved), 'CONNECTION_NOT_FOUND');
});
