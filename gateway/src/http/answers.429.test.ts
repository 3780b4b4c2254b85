// How much may come in is limited by key, address, operation and guesses, told in headers, and no flood of strangers keeps the
// known ones out. K18 U14 K22; traps "one atomic step", "never to allow"; invariant "Every buffer, queue, wait has a limit".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopesOf } from '#access';
import { LIMITS, newId, openSecretText, SYSTEM, systemClock } from '#base';
import type { ClientAnswer } from '#test/client';
import type { Cleanup } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { describedOperations } from './operations.fixture.ts';

const GOOD_SECRET = 'a-secret-of-the-endpoint-0123456789';

type Limited = Parameters<typeof withGateway>[1];

async function setUp(t: Cleanup, limits: NonNullable<Limited>['limits'] = {}) {
  const gateway = await withGateway(t, { limits: { refusalWindowMs: 100, ...limits } });
  const call = await withDescribedClient(t, gateway);
  return { ...gateway, call };
}

/** The states that an answer tells, by the name of their rate. */
function told({ headers }: ClientAnswer): Record<string, { remaining: number; quota: number }> {
  const read = (name: string, parameter: string) =>
    Object.fromEntries(
      String(headers[name])
        .split(', ')
        .map((item) => {
          const [, rate = '', value = ''] = new RegExp(`^"([a-z]+)".*;${parameter}=(\\d+)`).exec(item) ?? [];
          return [rate, Number(value)];
        }),
    );
  const quotas = read('ratelimit-policy', 'q');
  return Object.fromEntries(
    Object.entries(read('ratelimit', 'r')).map(([name, remaining]) => [
      name,
      { remaining, quota: quotas[name] ?? 0 },
    ]),
  );
}

function assertLimited(answer: ClientAnswer, by: string): void {
  const problem = assertProblem(answer, 'RATE_LIMITED');
  assert.match(problem.detail, new RegExp(`"${by}"`));
  assert.ok(Number(answer.headers['retry-after']) >= 1);
}

test('K18 a key, an address and an operation each have their rate, all or nothing, and answers tell what is left', async (t) => {
  const { call, adminKey } = await setUp(t, {
    keyRequestsPerMinuteMax: 5,
    addressRequestsPerMinuteMax: 8,
    routeRequestsPerMinuteMax: 3,
  });
  const list = (path: string) => call({ path: `/admin/v1/${path}`, key: adminKey });
  const first = told(await list('keys'));
  assert.deepEqual(first['key'], { remaining: 4, quota: 5 });
  assert.deepEqual(first['address'], { remaining: 7, quota: 8 });
  assert.deepEqual(first['route'], { remaining: 2, quota: 3 });
  await list('keys');
  await list('keys');
  const refused = await list('keys');
  assertLimited(refused, 'route');
  assert.equal(told(refused)['key']?.remaining, 2, 'what was refused by one rate is taken from none');
  await list('endpoints');
  await list('endpoints');
  assertLimited(await list('endpoints'), 'key');
});

test('429 at every operation that takes a key, whose last place is gone', async (t) => {
  const { call, gateway, environment } = await setUp(t);
  const keys = new Map<string, string>();
  for (const kind of ['admin', 'test'] as const) {
    const settings = {
      environment,
      kind,
      name: kind.repeat(2),
      scopes: scopesOf(kind),
      requestsPerMinute: 1,
    };
    const { secret } = await gateway.rooms.access.keys.create(settings, SYSTEM);
    keys.set(kind === 'admin' ? 'administration' : 'runtime', openSecretText(secret));
  }
  for (const [surface, path] of [
    ['administration', '/admin/v1/keys'],
    ['runtime', `/out/con_${'0'.repeat(26)}/x`],
  ] as const)
    await call({ path, key: keys.get(surface) ?? '' });
  let asked = 0;
  for (const { name, method, path, security } of await describedOperations()) {
    if (security === null) continue;
    const answer = await call({ method, path, key: keys.get(security) ?? '' });
    if (method !== 'HEAD') assertLimited(answer, 'key');
    assert.equal(answer.status, 429, name);
    asked += 1;
  }
  assert.ok(asked > 30);
});

test('K18 three hundred at once of one key let exactly its limit through', async (t) => {
  const { call, adminKey } = await setUp(t, {
    keyRequestsPerMinuteMax: 60,
    keyConcurrentRequestsMax: 10_000,
  });
  await call({ path: '/admin/v1/keys', key: adminKey });
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => call({ path: '/admin/v1/keys', key: adminKey })),
  );
  const passed = answers.filter(({ status }) => status === 200).length;
  // Those of the first second may be joined by what time gives back, one each second.
  assert.ok(passed >= 59 && passed <= 59 + 30, String(passed));
  for (const answer of answers) if (answer.status !== 200) assertLimited(answer, 'key');
});

test('K18 P2 a key spends no place of a connection or operation that it may not touch', async (t) => {
  const { call, adminKey, gateway, environment } = await setUp(t, { routeRequestsPerMinuteMax: 2 });
  const makeKey = async (settings: object): Promise<string> => {
    const given = { environment, kind: 'test', name: 'narrow', ...settings } as const;
    return openSecretText((await gateway.rooms.access.keys.create(given, SYSTEM)).secret);
  };
  const others = `/out/con_${'0'.repeat(26)}/x`;
  const boundTo = { kind: 'connection', id: newId('connection', systemClock) } as const;
  const bound = await makeKey({ scopes: ['calls:send'], boundTo });
  for (let at = 0; at < 3; at++)
    assertProblem(await call({ path: others, key: bound }), 'KEY_BOUND_ELSEWHERE');
  const free = await makeKey({ name: 'free', scopes: ['calls:send'] });
  for (let at = 0; at < 2; at++)
    assertProblem(await call({ path: others, key: free }), 'CONNECTION_NOT_FOUND');
  assertLimited(await call({ path: others, key: free }), 'route');
  const nothing = await makeKey({ kind: 'admin', name: 'nothing', scopes: [] });
  for (let at = 0; at < 3; at++)
    assertProblem(await call({ path: '/admin/v1/keys', key: nothing }), 'SCOPE_MISSING');
  assert.equal((await call({ path: '/admin/v1/keys', key: adminKey })).status, 200);
});

test('K18 who signs in again and again takes places of its address: tokens and entries of the log have a limit', async (t) => {
  const { call, testKey, gateway, environment } = await setUp(t, { addressRequestsPerMinuteMax: 3 });
  const { items } = await gateway.rooms.access.keys.list({ environment, limit: 10 });
  const apiKey = items.find(({ kind }) => kind === 'test')?.id ?? '';
  const body = { apiKey, secret: testKey };
  const signIn = () => call({ method: 'POST', path: '/api/v1/auth/sign-in', body });
  for (let at = 0; at < 3; at++) assert.equal((await signIn()).status, 200);
  assertLimited(await signIn(), 'address');
});

test('P2 a key may have a limit of its own', async (t) => {
  const { call, adminKey } = await setUp(t);
  const made = await call({
    method: 'POST',
    path: '/admin/v1/keys',
    key: adminKey,
    body: { kind: 'admin', name: 'slow', scopes: ['keys:read'], requestsPerMinute: 2 },
  });
  const { secret: key } = made.json<{ secret: string }>();
  assert.deepEqual(told(await call({ path: '/admin/v1/keys', key }))['key'], { remaining: 1, quota: 2 });
  await call({ path: '/admin/v1/keys', key });
  assertLimited(await call({ path: '/admin/v1/keys', key }), 'key');
  assert.equal((await call({ path: '/admin/v1/keys', key: adminKey })).status, 200);
});

test('K18 five wrong credentials of an address, and the sixth is not looked at; who is known comes in all the same', async (t) => {
  assert.equal(LIMITS.authFailuresMax.value, 5);
  assert.equal(LIMITS.authFailuresWindowSeconds.value, 900);
  const { call, adminKey, testKey, gateway, environment } = await setUp(t, { authFailuresMax: 5 });
  assert.equal((await call({ path: '/admin/v1/keys', key: adminKey })).status, 200); // known from now on
  const { items } = await gateway.rooms.access.keys.list({ environment, limit: 10 });
  const apiKey = items.find(({ kind }) => kind === 'test')?.id ?? '';
  const wrong = testKey.replace(/.{6}$/, 'aaaaaa');
  for (let at = 0; at < 2; at++)
    assertProblem(await call({ path: '/admin/v1/keys', key: wrong }), 'KEY_MALFORMED');
  const signIn = (secret: string) =>
    call({ method: 'POST', path: '/api/v1/auth/sign-in', body: { apiKey, secret } });
  for (let at = 0; at < 3; at++) assertProblem(await signIn(adminKey), 'INVALID_CREDENTIALS');
  assertLimited(await signIn(testKey), 'auth-address');
  assertLimited(await call({ path: '/admin/v1/keys', key: wrong }), 'auth-address');
  assert.equal((await call({ path: '/admin/v1/keys', key: adminKey })).status, 200);
});

test('K18 successes are not counted, nor is a credential that was ours and has ended', async (t) => {
  const { call, adminKey, testKey, gateway, environment } = await setUp(t, { authFailuresMax: 1 });
  const { items } = await gateway.rooms.access.keys.list({ environment, limit: 10 });
  const apiKey = items.find(({ kind }) => kind === 'test')?.id ?? '';
  for (let at = 0; at < 10; at++) {
    const body = { apiKey, secret: testKey };
    assert.equal((await call({ method: 'POST', path: '/api/v1/auth/sign-in', body })).status, 200);
  }
  const made = (
    await call({
      method: 'POST',
      path: '/admin/v1/keys',
      key: adminKey,
      body: { kind: 'admin', name: 'old', scopes: [] },
    })
  ).json<{ key: { id: string }; secret: string }>();
  await call({ method: 'POST', path: `/admin/v1/keys/${made.key.id}/revoke`, key: adminKey });
  for (let at = 0; at < 5; at++)
    assertProblem(await call({ path: '/admin/v1/keys', key: made.secret }), 'KEY_REVOKED');
});

test('K18 a hundred requests without a credential in a quarter of an hour, whatever they ask for', async (t) => {
  assert.equal(LIMITS.unauthenticatedRequestsMax.value, 100);
  assert.equal(LIMITS.unauthenticatedWindowSeconds.value, 900);
  const { call, adminKey } = await setUp(t, { unauthenticatedRequestsMax: 4 });
  assertProblem(await call({ path: '/admin/v1/keys' }), 'UNAUTHENTICATED');
  assertProblem(await call({ path: '/nowhere' }), 'NOT_FOUND');
  assertProblem(await call({ method: 'POST', path: '/in/x', body: '{}' }), 'NOT_FOUND');
  assertProblem(await call({ path: '/admin/v1/../keys' }), 'NOT_FOUND');
  for (const path of ['/admin/v1/keys', '/nowhere']) assertLimited(await call({ path }), 'unauthenticated');
  for (let at = 0; at < 10; at++) assert.equal((await call({ path: '/livez' })).status, 200);
  assert.equal((await call({ path: '/admin/v1/keys', key: adminKey })).status, 200);
});

test('K18 L12 a flood of forgeries is told to wait, and the webhooks of the platform itself still come in', async (t) => {
  const { call, adminKey } = await setUp(t, { unauthenticatedRequestsMax: 3, refusalWindowMs: 100 });
  const made = await call({
    method: 'POST',
    path: '/admin/v1/endpoints',
    key: adminKey,
    body: { platform: 'koywe', name: 'koywe', secret: GOOD_SECRET },
  });
  const { path } = made.json<{ path: string }>();
  const { createHmac } = await import('node:crypto');
  const send = (body: string, secret: string) => {
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    return call({ method: 'POST', path, body, headers: { 'koywe-signature': signature } });
  };
  for (let at = 0; at < 3; at++) assertProblem(await send('{"id":"x"}', 'wrong'), 'WEBHOOK_REFUSED');
  for (let at = 0; at < 5; at++) {
    assertLimited(await send('{"id":"x"}', 'wrong'), 'unauthenticated');
    assert.equal((await send(`{"id":"evt_${at}"}`, GOOD_SECRET)).status, 200);
  }
});
