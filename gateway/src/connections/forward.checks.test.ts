// A call whose body the platform would not take, or would read otherwise, is refused with its fields before anything is sent;
// what is sent is byte for byte what came in, and other calls are not looked at. K16 U14 L13 Q6 K17; traps "no JSON round
// trip", "content-type differentials", "Body read before any check".
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { FaultCode } from '#base';
import {
  ACTOR,
  faultOf,
  ORGANIZATION,
  send,
  sendWhole,
  type TestCall,
  withPlatform,
  withRooms,
  withSandbox,
} from './connections.fixture.ts';

const MERCHANT = `/api/v1/organizations/${ORGANIZATION}/merchants/mrc_test`;
const ORDERS = `${MERCHANT}/orders`;
const JSON_TYPE = [['content-type', 'application/json']] as const;
const ORDER = {
  type: 'PAYMENT_LINK',
  amountIn: 5000,
  originCurrencySymbol: 'CLP',
  destinationCurrencySymbol: 'CLP',
  paymentMethods: [],
};

/** Everything that reached a platform, besides sign-ins. */
async function setUp(t: TestContext, limits: object = {}) {
  const seen: { url: string | undefined; body: Buffer }[] = [];
  const rooms = await withRooms(t, { limits });
  const platform = await withPlatform(t, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      seen.push({ url: request.url, body: Buffer.concat(pieces) });
      response.end('{}');
    });
  });
  const connection = await rooms.connect(platform);
  const target = { environment: rooms.environment, connection };
  const post = (text: string, call: TestCall = {}): TestCall => ({
    method: 'POST',
    target: ORDERS,
    headers: JSON_TYPE,
    body: Buffer.from(text),
    ...call,
  });
  const refusals = () =>
    rooms.audit.acts.flatMap(({ action, outcome, details }) =>
      action === 'call.refused' ? [[outcome, details['code']]] : [],
    );
  return { seen, rooms, connection, target, post, refusals };
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test('K16: a good order reaches the sandbox; a bad one is named by field, is in the log, and reaches nobody', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  const call = (order: object): TestCall => ({
    method: 'POST',
    target: ORDERS,
    headers: JSON_TYPE,
    body: Buffer.from(JSON.stringify(order)),
  });
  assert.equal((await sendWhole(rooms, connection, call(ORDER))).status, 201);
  const before = sandbox.state().requests.length;
  const fault = await faultOf(
    send(rooms, connection, call({ ...ORDER, amountIn: 10.5, description: '<b>' })),
    'REQUEST_SCHEMA',
  );
  assert.equal(fault.status, 422);
  assert.deepEqual(
    fault.fields.map(({ path }) => path),
    ['body.amountIn', 'body.description'],
  );
  assert.equal(sandbox.state().requests.length, before);
  const refused = rooms.audit.acts.filter(({ action }) => action === 'call.refused');
  assert.deepEqual(
    refused.map(({ outcome, details }) => [outcome, details]),
    [['refused', { method: 'POST', code: 'REQUEST_SCHEMA' }]],
  );
});

test('what is sent is what came in, whatever its spacing, escapes, digits and pieces', async (t) => {
  const { seen, rooms, connection, post } = await setUp(t);
  const text = `\n{ "type":"PAYMENT_LINK","amountIn" : 5.000e3,"originCurrencySymbol":"CL\\u0050",\t"destinationCurrencySymbol":"CLP","unknown":[1.0,"\\/é"] } `;
  await sendWhole(rooms, connection, post(text));
  await sendWhole(rooms, connection, post('', { body: pieces(text.slice(0, 7), text.slice(7)) }));
  assert.deepEqual(
    seen.map(({ body }) => body.toString()),
    [text, text],
  );
});

test('K16: what another parser might read otherwise is refused, and so is another type', async (t) => {
  const { seen, rooms, connection, post, refusals } = await setUp(t);
  const text = JSON.stringify(ORDER);
  const cases: readonly (readonly [FaultCode, TestCall])[] = [
    ['MALFORMED_BODY', post(text.replace('{', '{"amountIn":1,'))],
    ['MALFORMED_BODY', post(`\ufeff${text}`)],
    ['MALFORMED_BODY', post(text.slice(0, -1))],
    ['MALFORMED_BODY', post(text.replace('[]', '['.repeat(100)))],
    ['MALFORMED_BODY', { method: 'POST', target: ORDERS, headers: JSON_TYPE }],
    ['UNSUPPORTED_MEDIA_TYPE', post(text, { headers: [] })],
    [
      'UNSUPPORTED_MEDIA_TYPE',
      post(text, { headers: [['Content-Type', 'application/x-www-form-urlencoded']] }),
    ],
    ['UNSUPPORTED_MEDIA_TYPE', post(text, { headers: [...JSON_TYPE, ['Content-Type', 'text/plain']] })],
    ['UNSUPPORTED_MEDIA_TYPE', post(text, { headers: [...JSON_TYPE, ...JSON_TYPE] })],
    ['UNSUPPORTED_MEDIA_TYPE', post(text, { headers: [...JSON_TYPE, ['Content-Encoding', 'gzip']] })],
  ];
  for (const [code, call] of cases) await faultOf(send(rooms, connection, call), code);
  assert.deepEqual(
    refusals(),
    cases.map(([code]) => ['refused', code]),
  );
  assert.equal(seen.length, 0);
});

test('K16: no spelling of the path gets a body past its check', async (t) => {
  const { seen, rooms, connection, post } = await setUp(t);
  const targets = [
    `${ORDERS}?x=1`,
    `${ORDERS}/`,
    ORDERS.toUpperCase(),
    ORDERS.replace('orders', '%6frders'),
    ORDERS.replace('orders', '%256frders'),
    ORDERS.replace('orders', ';x/orders;y=1'),
    ORDERS.replace('/orders', '%2forders'),
    `${MERCHANT}/x/../orders`,
    ORDERS.replace('mrc_test', 'mrc_t%65st'),
  ];
  for (const target of targets)
    await faultOf(send(rooms, connection, post('{}', { target })), 'REQUEST_SCHEMA');
  assert.equal(seen.length, 0);
});

test('other paths and methods are not looked at, and stream as before', async (t) => {
  const { seen, rooms, connection, post } = await setUp(t, { forwardCheckedBodyBytesMax: 1_024 });
  const text = `not json ${'x'.repeat(500_000)}`;
  const calls: readonly TestCall[] = [
    post(text, { target: `${MERCHANT}/orders/ord_1/notes`, headers: [['content-type', 'text/plain']] }),
    post(text, { target: `${MERCHANT}/bankIncome` }),
    post(text, { target: '/orders' }),
    post(text, { method: 'PATCH' }),
    post('', { target: `${MERCHANT}/virtual-accounts`, body: pieces('{"a":1,', '"a":2}') }),
    { target: `${ORDERS}/ord_1` },
  ];
  for (const call of calls) assert.equal((await sendWhole(rooms, connection, call)).status, 200);
  const digest = (body: Buffer | string): string => createHash('sha256').update(body).digest('hex');
  assert.deepEqual(
    seen.slice(0, 4).map(({ body }) => digest(body)),
    [text, text, text, text].map(digest),
  );
  assert.equal(seen[4]?.body.toString(), '{"a":1,"a":2}');
});

test('a body is read to its limit and no further, whether its length is announced or not', async (t) => {
  const { seen, rooms, connection, post, refusals } = await setUp(t, { forwardCheckedBodyBytesMax: 2_048 });
  const large = JSON.stringify({ ...ORDER, more: 'x'.repeat(3_000) });
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < large.length; at += 512) {
      read += 1;
      yield Buffer.from(large.slice(at, at + 512));
    }
  }
  await faultOf(
    send(rooms, connection, post('', { body: counted(), bodyBytes: large.length })),
    'BODY_TOO_LARGE',
  );
  assert.equal(read, 0, 'announced: not even begun');
  await faultOf(send(rooms, connection, post('', { body: counted() })), 'BODY_TOO_LARGE');
  assert.equal(read, 5);
  await faultOf(
    send(rooms, connection, post(JSON.stringify(ORDER), { bodyBytes: 2_000 })),
    'LENGTH_MISMATCH',
  );
  assert.deepEqual(refusals(), [
    ['refused', 'BODY_TOO_LARGE'],
    ['refused', 'BODY_TOO_LARGE'],
  ]);
  assert.equal(seen.length, 0);
});

test('Q6: strict, lenient and off are the choice of whoever administers the connection, and in the log', async (t) => {
  const { seen, rooms, connection, target, post } = await setUp(t);
  const unknown = post(JSON.stringify({ ...ORDER, coupon: 'A' }));
  const bad = post(JSON.stringify({ ...ORDER, amountIn: 0 }));
  assert.equal((await rooms.connections.get(target)).requestChecks, 'lenient');
  await sendWhole(rooms, connection, unknown);
  await faultOf(send(rooms, connection, bad), 'REQUEST_SCHEMA');
  await rooms.connections.setRequestChecks({ ...target, requestChecks: 'strict' }, ACTOR);
  const fault = await faultOf(send(rooms, connection, unknown), 'REQUEST_SCHEMA');
  assert.deepEqual(fault.fields, [{ path: 'body', problem: 'has fields that are not known here' }]);
  await rooms.connections.setRequestChecks({ ...target, requestChecks: 'off' }, ACTOR);
  await sendWhole(rooms, connection, bad);
  await sendWhole(rooms, connection, post('neither', { headers: [] }));
  assert.equal(seen.length, 3);
  const changes = rooms.audit.acts.filter(({ action }) => action === 'connection.changed');
  assert.deepEqual(
    changes.map(({ details }) => details),
    ['strict', 'off'].map((requestChecks) => ({ changed: 'requestChecks', requestChecks })),
  );
});

test('the token of a connection lives on when only its checks change', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  const target = { environment: rooms.environment, connection };
  await sendWhole(rooms, connection);
  await rooms.connections.setRequestChecks({ ...target, requestChecks: 'strict' }, ACTOR);
  await sendWhole(rooms, connection);
  assert.equal(sandbox.state().signIns, 1);
});

test('K10: a checked body is repeated once on a 401, like any that was kept', async (t) => {
  const [sandbox, rooms] = await Promise.all([withSandbox(t), withRooms(t)]);
  const connection = await rooms.connect(sandbox.url);
  sandbox.faults.add({ fault: '401-expired', path: ORDERS, times: 1 });
  const body = pieces(JSON.stringify(ORDER));
  const answer = await sendWhole(rooms, connection, {
    method: 'POST',
    target: ORDERS,
    headers: JSON_TYPE,
    body,
  });
  assert.equal(answer.status, 201);
});
