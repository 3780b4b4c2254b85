// Where a platform's key is the token itself, it is tried before it is used, presented to nobody but the platform, and never bound to an
// environment of the other side, which one host can't tell apart. K1 K3 K10 U2.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTOR, faultOf, sendWhole, withPlatform, withRooms } from './connections.fixture.ts';

const KEY = `test_${'a1'.repeat(15)}`;
const LIVE = `live_${'a1'.repeat(15)}`;

test('K10 a key is tried by a read, then presented with each call; one that is refused is said to be', async (t) => {
  const seen: string[] = [];
  const url = await withPlatform(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const isGood = request.headers.authorization === `Bearer ${KEY}`;
    response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' });
    response.end(isGood ? '{"id":"tr_1","status":"paid"}' : '{}');
  });
  const rooms = await withRooms(t);
  const { environment, connections } = rooms;
  const made = { environment, platform: 'mollie', name: 'mollie', baseUrl: url };
  const { id } = await connections.create({ ...made, credential: { secret: KEY } }, ACTOR);
  const { status, text } = await sendWhole(rooms, id, { target: '/v2/payments/tr_1' });
  assert.deepEqual([status, text], [200, '{"id":"tr_1","status":"paid"}']);
  assert.deepEqual(seen, [`GET /v2/methods Bearer ${KEY}`, `GET /v2/payments/tr_1 Bearer ${KEY}`]);
  const target = { environment, connection: id };
  await connections.setCredential({ ...target, credential: { secret: `${KEY}b` } }, ACTOR);
  assert.equal((await connections.check(target, ACTOR)).ok, false);
});

test('K3 a live key is refused outside production, and a test key inside it, when made and when changed', async (t) => {
  const rooms = await withRooms(t);
  const { environment, connections } = rooms;
  const production = await rooms.environmentOf('production');
  const made = { platform: 'mollie', name: 'mollie' };
  const create = (of: typeof environment, secret: string) =>
    connections.create({ ...made, environment: of, credential: { secret } }, ACTOR);
  await faultOf(create(environment, LIVE), 'INVALID_REQUEST');
  await faultOf(create(production, KEY), 'INVALID_REQUEST');
  const { id } = await create(environment, KEY);
  await faultOf(
    connections.setCredential({ environment, connection: id, credential: { secret: LIVE } }, ACTOR),
    'INVALID_REQUEST',
  );
  await create(production, LIVE);
  for (const secret of ['test_short', `${KEY}\n`, `Bearer ${KEY}`, `access_${'a'.repeat(30)}`])
    await faultOf(create(environment, secret), 'INVALID_REQUEST');
});
