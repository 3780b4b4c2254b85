// A platform sees one sign-in for all who need its token, on every node, and another one only when it must.
// K10; traps "Calling out": token renewal, 401 during a rotation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { openSecretText } from '#base';
import {
  ACTOR,
  CREDENTIAL,
  faultOf,
  send,
  sendWhole,
  type TestRooms,
  until,
  withPlatform,
  withRooms,
  withSandbox,
} from './connections.fixture.ts';

const SIGN_IN = '/api/v1/auth/sign-in';
const MINUTE_MS = 60_000;

/** Rows of a table, as its owner sees them below every policy. */
async function rawRows(rooms: TestRooms, table: string): Promise<Record<string, unknown>[]> {
  const client = new Client(openSecretText(rooms.url));
  await client.connect();
  try {
    await client.query(`alter table sallyport.${table} no force row level security`);
    return (await client.query(`select * from sallyport.${table}`)).rows;
  } finally {
    await client.end();
  }
}

const many = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

test('K10: 100 calls at once are one sign-in', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  const answers = await many(100, () => sendWhole(rooms, connection));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(sandbox.state().signIns, 1);
});

test('K10: two nodes share a token: one signs in under the lock, the other takes what it kept; so does a node started later', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  sandbox.faults.add({ fault: 'slow', path: SIGN_IN, delayMs: 150 });
  const connection = await rooms.connect(sandbox.url);
  const other = await rooms.node();
  await many(20, (index) => sendWhole(rooms, connection, { via: index % 2 === 0 ? rooms : other }));
  assert.equal(sandbox.state().signIns, 1);
  await sendWhole(rooms, connection, { via: await rooms.node() });
  assert.equal(sandbox.state().signIns, 1);
});

test('K10: what is kept is looked at again under the lock: a token obtained just before it is taken', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  const late = await rooms.node(() => sendWhole(rooms, connection));
  assert.equal((await sendWhole(rooms, connection, { via: late })).status, 200);
  assert.equal(sandbox.state().signIns, 1);
});

test('K10: five minutes before its end a token is renewed once, beside calls that are not held up', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  rooms.clock.advance(54 * MINUTE_MS);
  await sendWhole(rooms, connection);
  assert.equal(sandbox.state().signIns, 1, 'not before its time');
  rooms.clock.advance(2 * MINUTE_MS);
  // A sign-in that never ends: calls that waited for it would never end either.
  sandbox.faults.add({ fault: 'slow', path: SIGN_IN, delayMs: 600_000, times: 1 });
  const answers = await many(20, () => sendWhole(rooms, connection));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  const attempts = sandbox.state().requests.filter(({ path }) => path === SIGN_IN);
  assert.ok(attempts.length <= 2, 'twenty calls begin one renewal');
});

test('K10: a renewed token serves the calls after it', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  rooms.clock.advance(56 * MINUTE_MS);
  await sendWhole(rooms, connection);
  await until(() => sandbox.state().signIns === 2);
  rooms.clock.advance(30 * MINUTE_MS);
  await many(10, () => sendWhole(rooms, connection));
  assert.equal(sandbox.state().signIns, 2);
});

test('K10: an early renewal that fails leaves the valid token in use, and is not tried again at once', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  sandbox.faults.add({ fault: '500', path: SIGN_IN });
  const tried = (): number => sandbox.state().requests.filter(({ path }) => path === SIGN_IN).length;
  rooms.clock.advance(56 * MINUTE_MS);
  assert.equal((await sendWhole(rooms, connection)).status, 200);
  await until(() => tried() === 2);
  await many(10, () => sendWhole(rooms, connection));
  assert.equal(tried(), 2, 'paused after the failure');
  rooms.clock.advance(MINUTE_MS);
  await sendWhole(rooms, connection);
  await until(() => tried() === 3);
  rooms.clock.advance(5 * MINUTE_MS);
  await faultOf(send(rooms, connection), 'OUTBOUND_RESPONSE_INVALID'); // over: without a new one there is none
  sandbox.faults.clear();
  assert.equal((await sendWhole(rooms, connection)).status, 200);
});

test('K6: a refused credential is not tried over and over, and a new one is used at once', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url, { ...CREDENTIAL, secret: 'not-the-secret-of-koywe' });
  const tried = (): number => sandbox.state().requests.filter(({ path }) => path === SIGN_IN).length;
  for (let call = 0; call < 5; call++) await faultOf(send(rooms, connection), 'PLATFORM_CREDENTIAL_REFUSED');
  assert.equal(tried(), 1);
  rooms.clock.advance(6_000);
  await faultOf(send(rooms, connection), 'PLATFORM_CREDENTIAL_REFUSED');
  assert.equal(tried(), 2);
  const { environment } = rooms;
  await rooms.connections.setCredential({ environment, connection, credential: CREDENTIAL }, ACTOR);
  assert.equal((await sendWhole(rooms, connection)).status, 200);
});

test('K10: a credential replaced while its sign-in is under way: later calls get a token of the new one, and that is kept', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  sandbox.faults.add({ fault: 'slow', path: SIGN_IN, delayMs: 300, times: 1 });
  const connection = await rooms.connect(sandbox.url);
  const early = sendWhole(rooms, connection);
  await until(() => sandbox.state().requests.length === 1);
  const { environment } = rooms;
  await rooms.connections.setCredential({ environment, connection, credential: CREDENTIAL }, ACTOR);
  assert.equal((await sendWhole(rooms, connection)).status, 200);
  assert.equal((await early).status, 200, 'who waited for the old one is served with it');
  const [row] = await rawRows(rooms, 'platform_tokens');
  assert.equal(row?.['credential_version'], 2);
  assert.equal(sandbox.state().signIns, 2);
});

test('K10: a connection removed while its sign-in is under way leaves no token behind', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  sandbox.faults.add({ fault: 'slow', path: SIGN_IN, delayMs: 300, times: 1 });
  const connection = await rooms.connect(sandbox.url);
  const call = sendWhole(rooms, connection);
  await until(() => sandbox.state().requests.length === 1);
  await rooms.connections.remove({ environment: rooms.environment, connection }, ACTOR);
  await call;
  assert.deepEqual(await rawRows(rooms, 'platform_tokens'), []);
});

test('K10: nor does one whose removal is being committed while the token is kept', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  sandbox.faults.add({ fault: 'slow', path: SIGN_IN, delayMs: 300, times: 1 });
  const connection = await rooms.connect(sandbox.url);
  const client = new Client(openSecretText(rooms.url));
  await client.connect();
  try {
    await client.query('alter table sallyport.connections no force row level security');
    await client.query('begin');
    let settled = false;
    const call = sendWhole(rooms, connection).finally(() => (settled = true));
    await until(() => sandbox.state().requests.length === 1);
    await client.query('delete from sallyport.connections where id = $1', [connection]);
    const isWaiting = async (): Promise<boolean> =>
      (await client.query('select from pg_locks where not granted')).rows.length > 0;
    await until(async () => settled || (await isWaiting()));
    await client.query('commit');
    assert.equal((await call).status, 200);
  } finally {
    await client.end();
  }
  assert.deepEqual(await rawRows(rooms, 'platform_tokens'), []);
});

test('K3: a token of one host is never sent to another', async (t) => {
  const seen: (string | undefined)[] = [];
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const elsewhere = await withPlatform(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  const token = sandbox
    .state()
    .requests.at(-1)
    ?.rawHeaders.find((text) => text.startsWith('Bearer '));
  await rooms.connections.setBaseUrl(
    { environment: rooms.environment, connection, baseUrl: elsewhere },
    ACTOR,
  );
  await sendWhole(rooms, connection);
  assert.equal(seen.length, 1);
  assert.ok(token !== undefined && seen[0] !== token);
});

test('K1 K11: credential and token are sealed in their tables', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  const token = sandbox
    .state()
    .requests.at(-1)
    ?.rawHeaders.find((text) => text.startsWith('Bearer '));
  assert.ok(token !== undefined);
  for (const table of ['connections', 'platform_tokens']) {
    const rows = await rawRows(rooms, table);
    assert.equal(rows.length, 1);
    const values = rows.flatMap((row) => Object.values(row));
    const bytes = Buffer.concat(
      values.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)))),
    );
    for (const secret of [CREDENTIAL.apiKey, CREDENTIAL.secret, token.slice('Bearer '.length)])
      assert.ok(!bytes.includes(secret), `${table} shows a secret`);
  }
});
