// A pull that waits is woken by what it waits for, holds no connection to the database, and gives nothing to whoever has gone or
// may no longer come in. U11 P3; traps "poll as well", "Every buffer and wait has a limit".
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { test } from 'node:test';
import { parseRequestSecret, signRequest } from '@sallyport/schemes';
import { LIMITS } from '#base';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { aPullDestination, pull, send } from '../objects.fixture.ts';

const { admin, ca, call, elsewhere, url } = await sharedGateway();

/** A use of a key is counted when it is let in. */
async function untilIn(key: string): Promise<void> {
  for (;;) if ((await admin('GET', `/admin/v1/keys/${key}/callers`)).text.includes('"uses":1')) return;
}

test('200 as soon as there is something: more pulls wait than there are connections, each is given one', async () => {
  const places = await Promise.all(
    Array.from({ length: LIMITS.poolConnectionsMax.value + 2 }, () => aPullDestination()),
  );
  const waiting = places.map(({ key }) => pull(key, '?wait=30&limit=1'));
  assert.equal((await admin('GET', '/admin/v1/destinations')).status, 200);
  const event = await send('{"type":"waited.for"}');
  for (const { events } of await Promise.all(waiting))
    assert.deepEqual(
      events.map((one) => one.event),
      [event],
    );
});

test('200 with nothing when the time is over', async () => {
  const { key } = await aPullDestination();
  assert.deepEqual(await pull(key, '?wait=1'), { batch: null, events: [] });
});

test('who goes away while waiting is given nothing: the next one has it at once', async () => {
  const { id, key } = await aPullDestination();
  await send('{"type":"before"}');
  const { batch } = await pull(key);
  const leaving = request(`${url}/v1/events?wait=30&lease=3600&after=${batch}`, {
    ca,
    headers: { authorization: `Bearer ${key}` },
  });
  leaving.on('error', () => undefined).end();
  const isAcknowledged = async () =>
    (await admin('GET', `/admin/v1/deliveries?destination=${id}`)).text.includes('"delivered"');
  while (!(await isAcknowledged())); // it waits from then on
  const closed = new Promise((resolve) => leaving.once('close', resolve));
  leaving.destroy();
  await closed;
  const event = await send('{"type":"left"}');
  assert.deepEqual(
    (await pull(key, '?wait=30')).events.map((one) => one.event),
    [event],
  );
});

test('K11 a key that is revoked while it waits is given nothing', async () => {
  const { id } = await aPullDestination();
  const body = {
    kind: 'test',
    name: 'waiting',
    scopes: ['events:pull'],
    boundTo: { kind: 'destination', id },
  };
  const made = (await admin('POST', '/admin/v1/keys', body)).json<{ key: { id: string }; secret: string }>();
  const waiting = call({ path: '/v1/events?wait=30', key: made.secret });
  await untilIn(made.key.id);
  await admin('POST', `/admin/v1/keys/${made.key.id}/revoke`);
  await send('{"type":"too.late"}');
  assertProblem(await waiting, 'KEY_REVOKED');
});

test('K11 nor is a key by which a request was signed, whose signature has held', async () => {
  const { id } = await aPullDestination();
  const body = {
    kind: 'test',
    name: 'signing',
    scopes: ['events:pull'],
    boundTo: { kind: 'destination', id },
  };
  const { key } = (await admin('POST', '/admin/v1/keys', body)).json<{ key: { id: string } }>();
  const signers = `/admin/v1/keys/${key.id}/signers`;
  const made = await admin('POST', signers, { scheme: 'mintmove', algorithm: 'hmac-sha256' });
  const { secret } = made.json<{ secret: string }>();
  const target = '/v1/events?wait=30';
  const headers = await signRequest({
    scheme: 'mintmove',
    keyId: key.id,
    key: { algorithm: 'hmac-sha256', secret: parseRequestSecret(secret) },
    method: 'GET',
    target,
    authority: new URL(url).host,
    rawHeaders: [],
    body: new Uint8Array(),
    nonce: randomUUID(),
    nowMs: Date.now(),
  });
  const waiting = call({ path: target, headers: Object.fromEntries(headers) });
  await untilIn(key.id);
  await admin('POST', `/admin/v1/keys/${key.id}/revoke`);
  await send('{"type":"too.late"}');
  assertProblem(await waiting, 'KEY_REVOKED');
});

test('another environment hears of nothing', async () => {
  const { testKey, adminKey } = await elsewhere();
  const body = { name: 'pull elsewhere', kind: 'pull' };
  const made = await call({ method: 'POST', path: '/admin/v1/destinations', key: adminKey, body });
  const { id } = made.json<{ destination: { id: string } }>().destination;
  const waiting = call({ path: `/v1/events?destination=${id}&wait=1`, key: testKey });
  await send('{"type":"of.another"}');
  assert.deepEqual((await waiting).json(), { batch: null, events: [] });
});
