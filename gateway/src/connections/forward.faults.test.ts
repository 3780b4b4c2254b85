// Each way a platform can fail ends in its own documented fault, and nothing that may have happened is done twice.
// K6; traps "Calling out": 401 in flight, never retry a payment that may have happened, follow no redirects.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Sandbox } from '@sallyport/sandbox';
import type { FaultCode } from '#base';
import {
  bytesOf,
  CREDENTIAL,
  faultOf,
  ORGANIZATION,
  send,
  sendWhole,
  type TestRooms,
  withPlatform,
  withRooms,
  withSandbox,
} from './connections.fixture.ts';

const WEBHOOKS = `/api/v1/organizations/${ORGANIZATION}/webhooks`;

async function setUp(t: TestContext, limits: TestRooms['limits'] | object = {}) {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t, { limits })]);
  const connection = await rooms.connect(sandbox.url);
  const post = {
    method: 'POST',
    target: WEBHOOKS,
    body: Buffer.from(JSON.stringify({ url: 'https://127.0.0.1:9/in', secret: 'at-least-16-characters' })),
    headers: [
      ['content-type', 'application/json'],
      ['idempotency-key', 'attempt-1'],
    ] as const,
  };
  return { sandbox, rooms, connection, post };
}

/** The calls that reached the platform, without sign-ins. */
function calls(sandbox: Sandbox) {
  return sandbox.state().requests.filter(({ path }) => path.startsWith(WEBHOOKS));
}

const finishedOf = ({ audit }: TestRooms) => audit.acts.filter(({ action }) => action === 'call.finished');

test('K10: on a 401 the token is renewed and the call repeated once, under the same idempotency key', async (t) => {
  const { sandbox, rooms, connection, post } = await setUp(t);
  sandbox.faults.add({ fault: '401-expired', path: WEBHOOKS, times: 1 });
  const { status } = await sendWhole(rooms, connection, post);
  assert.equal(status, 201);
  assert.equal(sandbox.state().signIns, 2);
  const [first, second, ...rest] = calls(sandbox).map(({ rawHeaders }) => {
    const at = rawHeaders.indexOf('idempotency-key');
    return { key: rawHeaders[at + 1], token: rawHeaders.find((text) => text.startsWith('Bearer ')) };
  });
  assert.equal(rest.length, 0);
  assert.equal(first?.key, 'attempt-1');
  assert.equal(second?.key, 'attempt-1');
  assert.notEqual(first?.token, second?.token);
});

test('K10: a hundred calls refused at once are one renewal', async (t) => {
  const { sandbox, rooms, connection } = await setUp(t);
  await sendWhole(rooms, connection);
  sandbox.faults.add({ fault: '401-expired', path: WEBHOOKS, times: 100 });
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => sendWhole(rooms, connection).catch((error: unknown) => error)),
  );
  assert.equal(sandbox.state().signIns, 2);
  assert.equal(answers.length, 100);
});

test('K10: a body that was streamed is not repeated: the caller is asked to send it again', async (t) => {
  const { sandbox, rooms, connection, post } = await setUp(t);
  sandbox.faults.add({ fault: '401-expired', path: WEBHOOKS, times: 1 });
  const streamed = { ...post, bodyBytes: null };
  const fault = await faultOf(send(rooms, connection, streamed), 'BUSY');
  assert.equal(fault.retryAfterSeconds, 1);
  assert.equal(calls(sandbox).length, 1);
  assert.equal((await sendWhole(rooms, connection, streamed)).status, 201, 'and then succeeds');
  assert.equal(sandbox.state().signIns, 2);
});

test('K6: a platform that refuses a new token, too, is not asked a third time, nor signed in to for each call', async (t) => {
  const { sandbox, rooms, connection } = await setUp(t);
  sandbox.faults.add({ fault: '401-expired', path: WEBHOOKS });
  await faultOf(send(rooms, connection), 'PLATFORM_CREDENTIAL_REFUSED');
  assert.equal(calls(sandbox).length, 2);
  for (let call = 0; call < 5; call++) await faultOf(send(rooms, connection), 'PLATFORM_CREDENTIAL_REFUSED');
  assert.equal(sandbox.state().signIns, 2);
  rooms.clock.advance(6_000);
  sandbox.faults.clear();
  assert.equal((await sendWhole(rooms, connection)).status, 200);
});

test('K10: a credential that was replaced on another node a moment ago is read anew before the call is given up', async (t) => {
  const { sandbox, rooms, connection } = await setUp(t, { keyCacheMs: 900 });
  const other = await rooms.node();
  await sendWhole(rooms, connection);
  await sendWhole(rooms, connection, { via: other });
  // The other node knows the old credential for a while yet, and would be refused with it.
  await rooms.connections.setCredential(
    {
      environment: rooms.environment,
      connection,
      credential: { ...CREDENTIAL, secret: 'wrong-secret-0123456' },
    },
    { kind: 'system', id: null, address: null, agent: null, request: null },
  );
  sandbox.faults.add({ fault: '401-expired', path: WEBHOOKS, times: 1 });
  await faultOf(send(rooms, connection, { via: other }), 'PLATFORM_CREDENTIAL_REFUSED');
  assert.equal(sandbox.state().signIns, 1, 'not with the old one');
});

for (const [fault, status] of [
  ['403', 403],
  ['429', 429],
  ['500', 500],
] as const) {
  test(`K6: ${status} is the platform's answer and passes as it is, once`, async (t) => {
    const { sandbox, rooms, connection, post } = await setUp(t);
    sandbox.faults.add({ fault, path: WEBHOOKS });
    const answer = await sendWhole(rooms, connection, post);
    assert.equal(answer.status, status);
    assert.match(answer.headers['content-type'] ?? '', /json/);
    assert.equal(answer.headers['retry-after'], status === 429 ? '1' : undefined);
    assert.equal(calls(sandbox).length, 1);
    assert.deepEqual(
      finishedOf(rooms).map(({ details, outcome }) => [details['status'], outcome]),
      [[status, 'success']],
    );
  });
}

test('a redirect is passed on without its target, and never followed', async (t) => {
  const { sandbox, rooms, connection } = await setUp(t);
  sandbox.faults.add({ fault: 'redirect', path: WEBHOOKS });
  const answer = await sendWhole(rooms, connection);
  assert.equal(answer.status, 302);
  assert.equal(answer.headers['location'], undefined);
  assert.equal(sandbox.state().redirectsFollowed, 0);
});

for (const fault of ['echo-credentials', 'gzip'] as const) {
  test(`K1: ${fault}: neither token nor secret comes back`, async (t) => {
    const { sandbox, rooms, connection } = await setUp(t);
    sandbox.faults.add({ fault, path: WEBHOOKS });
    const answer = await send(rooms, connection);
    const text = `${JSON.stringify(answer.headers)}${(await bytesOf(answer.body)).toString()}`;
    const token =
      calls(sandbox)[0]
        ?.rawHeaders.find((value) => value.startsWith('Bearer '))
        ?.slice(7) ?? '';
    assert.ok(token.length > 20);
    assert.match(text, /token \[redacted\] secret \[redacted\]/);
    for (const secret of [token, CREDENTIAL.secret, CREDENTIAL.apiKey]) assert.ok(!text.includes(secret));
  });
}

const BROKEN: readonly { fault: 'reset' | 'lost-answer' | 'slow'; code: FaultCode; sent: boolean }[] = [
  { fault: 'reset', code: 'OUTBOUND_BROKEN', sent: true },
  { fault: 'lost-answer', code: 'OUTBOUND_BROKEN', sent: true },
  { fault: 'slow', code: 'OUTBOUND_TIMEOUT', sent: true },
];
for (const { fault, code, sent } of BROKEN) {
  test(`K6: ${fault}: ${code}, sent once, and the log says that it may have happened`, async (t) => {
    const { sandbox, rooms, connection, post } = await setUp(t, { outboundHeadersTimeoutMs: 500 });
    sandbox.faults.add({ fault, path: WEBHOOKS, ...(fault === 'slow' ? { delayMs: 60_000 } : {}) });
    await faultOf(send(rooms, connection, post), code);
    assert.equal(calls(sandbox).length, 1);
    const [finished, ...more] = finishedOf(rooms);
    assert.deepEqual(more, []);
    assert.equal(finished?.outcome, 'failure');
    assert.deepEqual([finished?.details['code'], finished?.details['sent']], [code, sent]);
  });
}

for (const [fault, code] of [
  ['truncated', 'OUTBOUND_BROKEN'],
  ['huge', 'OUTBOUND_RESPONSE_TOO_LARGE'],
] as const) {
  test(`K6: ${fault}: the answer breaks off with ${code}, and the log has the status and the break`, async (t) => {
    const { sandbox, rooms, connection } = await setUp(t, { outboundResponseBytesMax: 1 << 20 });
    sandbox.faults.add({ fault, path: WEBHOOKS });
    const answer = await send(rooms, connection);
    assert.equal(answer.status, 200);
    await faultOf(bytesOf(answer.body), code);
    const [finished, ...more] = finishedOf(rooms);
    assert.deepEqual(more, []);
    assert.equal(finished?.outcome, 'failure');
    assert.deepEqual([finished?.details['status'], finished?.details['code']], [200, code]);
  });
}

test('a host that is not there: nothing was sent, and the log says so', async (t) => {
  const rooms = await withRooms(t);
  const sandbox = await withSandbox(t);
  const connection = await rooms.connect(sandbox.url);
  await sendWhole(rooms, connection);
  await sandbox.close();
  const fresh = await rooms.node(); // It has the token, and no connection that the platform has just closed.
  await faultOf(send(rooms, connection, { via: fresh }), 'OUTBOUND_CONNECT_FAILED');
  assert.equal(finishedOf(rooms).at(-1)?.details['sent'], false);
});

test('a content encoding that can not be undone, or is not what it says, is refused', async (t) => {
  const rooms = await withRooms(t);
  const encodings: Record<string, string> = { '/unknown': 'exi', '/twice': 'gzip, gzip', '/not': 'gzip' };
  const platform = await withPlatform(t, (request, response) => {
    response.writeHead(200, { 'content-encoding': encodings[request.url ?? ''] ?? '' });
    response.end('this is not packed');
  });
  const connection = await rooms.connect(platform);
  await faultOf(send(rooms, connection, { target: '/unknown' }), 'OUTBOUND_RESPONSE_INVALID');
  await faultOf(send(rooms, connection, { target: '/twice' }), 'OUTBOUND_RESPONSE_INVALID');
  await faultOf(
    bytesOf((await send(rooms, connection, { target: '/not' })).body),
    'OUTBOUND_RESPONSE_INVALID',
  );
  assert.deepEqual(
    finishedOf(rooms).map(({ outcome }) => outcome),
    ['failure', 'failure', 'failure'],
  );
});

test('an answer without a body has none, whatever its encoding says', async (t) => {
  const rooms = await withRooms(t);
  const platform = await withPlatform(t, (_request, response) => {
    response.writeHead(204, { 'content-encoding': 'gzip' });
    response.end();
  });
  const connection = await rooms.connect(platform);
  const answer = await sendWhole(rooms, connection, { method: 'DELETE' });
  assert.deepEqual([answer.status, answer.text], [204, '']);
});
