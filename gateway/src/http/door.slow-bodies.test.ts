// Whoever is let in and then takes its time with the body does not outlive its key: what a revocation, a retirement or a change
// took away meanwhile is gone when the body is there. Invariant 8; K4 U10 Q16; trap "Never serve authentication from a stale entry".
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { type FaultCode, isId } from '#base';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from './routes/objects.fixture.ts';

const gateway = await sharedGateway();
const { admin, call, keyWith, actsOn, environment } = gateway;

interface Slow {
  readonly path: string;
  readonly key: string;
  readonly body: string;
  /** What happens while the body is waited for. */
  readonly meanwhile: () => Promise<unknown>;
}

/** Sends a request up to its body, and the body only once it is wanted, hence after the key was looked at. */
async function slowly(t: TestContext, { path, key, body, meanwhile }: Slow) {
  const raw = await withRaw(t, gateway);
  raw.send(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n` +
      `Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  assert.equal((await raw.answer()).status, 100);
  await meanwhile();
  raw.send(body);
  return raw.answer();
}

/** A platform that answers once it has the whole of a call, and a connection to it. */
async function withPlatform(t: TestContext) {
  const completed: (string | undefined)[] = [];
  const server = createServer(gateway.certificates, (request, response) => {
    if (request.url === '/api/v1/auth/sign-in') return void response.end('{"token":"platform-token-1"}');
    request.on('error', () => undefined).resume();
    request.on('end', () => {
      completed.push(request.url);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  const made = await admin('POST', '/admin/v1/connections', {
    platform: 'koywe',
    name: `slow ${port}`,
    credential: { apiKey: 'api-key-1', secret: 'secret-of-the-platform' },
    baseUrl: `https://127.0.0.1:${port}`,
  });
  assert.equal(made.status, 201, made.text);
  return { completed, prefix: made.json<{ prefix: string }>().prefix };
}

/** The id of the key whose secret this is. */
async function idOf(secret: string): Promise<string> {
  const rooms = gateway.gateway.rooms;
  const { key } = await rooms.access.authenticate({
    authorization: `Bearer ${secret}`,
    surface: secret.startsWith('sk_admin_') ? 'admin' : 'runtime',
    actor: { kind: 'anonymous', id: null, address: '127.0.0.1', agent: null, request: null },
  });
  return key;
}

test('K4 a key that was revoked while its body was on the way makes no other key', async (t) => {
  const key = await keyWith({ kind: 'admin', scopes: ['keys:read', 'keys:write'] });
  const id = await idOf(key);
  const name = 'made after the end';
  const answer = await slowly(t, {
    path: '/admin/v1/keys',
    key,
    body: JSON.stringify({ kind: 'admin', name, scopes: ['keys:write'] }),
    meanwhile: () => admin('POST', `/admin/v1/keys/${id}/revoke`),
  });
  assertProblem(answer, 'KEY_REVOKED');
  const { items } = (await admin('GET', '/admin/v1/keys')).json<{ items: { name: string }[] }>();
  assert.equal(
    items.some((item) => item.name === name),
    false,
  );
});

test('U10 a secret that was retired while its body was on the way makes no new secret', async (t) => {
  const { id, secret: key } = await aKey();
  const answer = await slowly(t, {
    path: '/api/v1/auth/credentials/rotate-secret',
    key,
    body: '{}',
    meanwhile: () => admin('POST', `/admin/v1/keys/${id}/rotate`, { overlapSeconds: 0 }),
  });
  assertProblem(answer, 'KEY_RETIRED');
  assert.deepEqual(await actsOn(`key:${id}`), [
    'key.created: success by key',
    'key.rotated: success by key',
    'auth.refused: refused by key',
  ]);
});

test('P2 scopes that were taken away while the body was on the way are not given on', async (t) => {
  const scopes = ['keys:read', 'keys:write', 'audit:read'] as const;
  const key = await keyWith({ kind: 'admin', scopes });
  const id = await idOf(key);
  const refusals: [readonly string[], FaultCode][] = [
    [['keys:write'], 'SCOPE_NOT_HELD'],
    [['keys:read'], 'SCOPE_MISSING'],
  ];
  for (const [left, code] of refusals) {
    const answer = await slowly(t, {
      path: '/admin/v1/keys',
      key,
      body: JSON.stringify({ kind: 'admin', name: 'heir', scopes: ['audit:read'] }),
      meanwhile: () => admin('PATCH', `/admin/v1/keys/${id}`, { scopes: left }),
    });
    assertProblem(answer, code);
  }
});

test('K4 a call whose key was revoked while its body was on the way never completes, whole or in chunks', async (t) => {
  const { prefix, completed } = await withPlatform(t);
  const path = `${prefix}/orders`;
  const revoke = (id: string) => admin('POST', `/admin/v1/keys/${id}/revoke`);
  const { id, secret: key } = await aKey();
  assertProblem(await slowly(t, { path, key, body: '{}', meanwhile: () => revoke(id) }), 'KEY_REVOKED');
  // In chunks, of which only the end is missing.
  const streamed = await aKey();
  const raw = await withRaw(t, gateway);
  raw.send(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${streamed.secret}\r\n` +
      'Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  assert.equal((await raw.answer()).status, 100);
  raw.send('2\r\n{}\r\n');
  await revoke(streamed.id);
  raw.send('0\r\n\r\n');
  assertProblem(await raw.answer(), 'KEY_REVOKED');
  assert.deepEqual(completed, []);
  assert.equal((await gateway.call({ method: 'POST', path, key: gateway.testKey, body: '{}' })).status, 200);
  assert.deepEqual(completed, ['/orders']);
});

test('a use counts once, however long its body takes', async (t) => {
  const { id, secret: key } = await aKey();
  const meanwhile = async (): Promise<void> => undefined;
  const path = '/api/v1/auth/credentials/rotate-secret';
  assert.equal((await slowly(t, { path, key, body: '{}', meanwhile })).status, 200);
  assert.ok(isId('key', id));
  const callers = await gateway.gateway.rooms.access.usage.callers({ environment, key: id, sinceMs: 0 });
  assert.equal(
    callers.reduce((sum, { uses }) => sum + uses, 0),
    1,
  );
  assertProblem(await call({ path: '/out/x/y', key }), 'CONNECTION_NOT_FOUND');
});
