// A call reaches the gateway as written, over checked TLS, with the key in its header; the platform's answer comes back whatever its status. K8 K10 K11 U6.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate, startServer } from '@sallyport/sandbox/loopback-server';
import { type CallRequest, createSallyport } from './index.ts';

const key = 'sk_test_syp_0123456789abcdefghijklmnop';

test('a POST: path, query, bearer token, JSON body, idempotency key; status, headers and JSON back', async (t) => {
  const server = await startServer(t, {
    answer: (response) => {
      response.writeHead(201, { 'content-type': 'application/json; charset=utf-8', 'x-echo': 'yes' });
      response.end('{"id":"ord_1","amountIn":1.5}');
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const answer = await sallyport.call('con_1', {
    method: 'POST',
    path: '/api/v1/orders?dry=%20x&y=a//b',
    body: { type: 'PAYIN', description: 'é' },
    headers: { 'X-Trace': 't1' },
    idempotencyKey: 'order-1',
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers['x-echo'], 'yes');
  assert.deepEqual(answer.body, { id: 'ord_1', amountIn: 1.5 });
  const [seen] = server.seen;
  assert.equal(seen?.method, 'POST');
  assert.equal(seen?.target, '/out/con_1/api/v1/orders?dry=%20x&y=a//b');
  assert.equal(seen?.headers.authorization, `Bearer ${key}`);
  assert.equal(seen?.headers['content-type'], 'application/json');
  assert.equal(seen?.headers['idempotency-key'], 'order-1');
  assert.equal(seen?.headers['x-trace'], 't1');
  assert.equal(seen?.body.toString(), '{"type":"PAYIN","description":"é"}');
});

test('bodies: bytes go as they are, empty answers are null, text is text, other bytes are bytes', async (t) => {
  const types = ['', 'text/plain', 'application/octet-stream'];
  const server = await startServer(t, {
    answer: (response, { target }) => {
      const type = types[Number(target?.at(-1))] ?? '';
      response.writeHead(type === '' ? 204 : 200, type === '' ? {} : { 'content-type': type });
      response.end(type === '' ? undefined : Buffer.from([0x68, 0x69]));
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const bytes = Uint8Array.of(0, 255, 128);
  const empty = await sallyport.call('con_1', { method: 'PUT', path: '/0', body: bytes });
  assert.equal(empty.body, null);
  assert.deepEqual(new Uint8Array(server.seen[0]?.body ?? []), bytes);
  assert.equal((await sallyport.call('con_1', { method: 'GET', path: '/1' })).body, 'hi');
  assert.deepEqual(
    (await sallyport.call('con_1', { method: 'GET', path: '/2' })).body,
    Uint8Array.of(0x68, 0x69),
  );
});

test('a header of any name is looked up as it was sent, and one that was not sent is not there', async (t) => {
  const server = await startServer(t, {
    answer: (response) => void response.writeHead(200, { constructor: 'x' }).end(),
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const { headers } = await sallyport.call('con_1', { method: 'GET', path: '/' });
  assert.equal(headers['constructor'], 'x');
  assert.equal(headers['toString'], undefined);
  assert.equal(Object.getPrototypeOf(headers), null);
});

test("a platform's refusal is an answer, also a redirect, which is not followed", async (t) => {
  const server = await startServer(t, {
    answer: (response, { target }) => {
      const status = Number(target?.slice(-3));
      response.writeHead(status, { 'content-type': 'application/json', location: 'https://127.0.0.1:1/' });
      response.end('{"errorCode":"OR00001"}');
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  for (const status of [302, 400, 401, 422, 500]) {
    const answer = await sallyport.call('con_1', { method: 'GET', path: `/${status}` });
    assert.deepEqual([answer.status, answer.body], [status, { errorCode: 'OR00001' }]);
  }
  assert.equal(server.seen.length, 5);
});

test('a connection may be the address that the start prints, at this gateway and no other, K11', async (t) => {
  const server = await startServer(t, { answer: (response) => response.end() });
  const sallyport = createSallyport({ url: `${server.url}/`, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  await sallyport.call(`${server.url}/out/con_1`, { method: 'GET', path: 'a/b' });
  await sallyport.call(`${server.url}/out/con_1/`, { method: 'GET', path: '/a/b' });
  assert.deepEqual(
    server.seen.map(({ target }) => target),
    ['/out/con_1/a/b', '/out/con_1/a/b'],
  );
  const others = [
    'https://elsewhere.test/out/con_1',
    server.url.replace('https', 'http'),
    `${server.url}.evil.test/out/con_1`,
  ];
  const { host } = new URL(server.url);
  const odd = [`https://user@${host}/out/con_1`, `${server.url}/out/con_1?x`, `${server.url}/out/con_1#x`];
  const paths = [
    '',
    '../x',
    'con_1/x',
    `${server.url}/api/v1`,
    `${server.url}/out/../api`,
    `${server.url}/out/a/b`,
  ];
  for (const connection of [...others, ...odd, ...paths]) {
    const call = sallyport.call(connection, { method: 'GET', path: '/' });
    await assert.rejects(call, { code: 'SDK_CONNECTION_INVALID' }, connection);
  }
  assert.equal(server.seen.length, 2);
});

test('a request that would be read in two ways, or that sets what is not its own, is refused unsent', async (t) => {
  const server = await startServer(t, { answer: (response) => response.end() });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const refuse = async (code: string, request: CallRequest) => {
    await assert.rejects(sallyport.call('con_1', request), { code, status: null }, JSON.stringify(request));
  };
  for (const path of [
    '/a/../b',
    '/..',
    '/./a',
    '/a\\b',
    '/%2e%2e/a',
    '/a%2Fb',
    '/a%5cb',
    '/a%00',
    '//a',
    '/a//b',
    '/a b',
    '/a#b',
    '/é',
    '/a\r\nx: y',
  ]) {
    await refuse('SDK_PATH_INVALID', { method: 'GET', path });
  }
  for (const name of [
    'Authorization',
    'host',
    'Content-Length',
    'transfer-encoding',
    'Connection',
    'idempotency-key',
    'x y',
    '',
  ]) {
    await refuse('SDK_HEADER_INVALID', { method: 'GET', path: '/', headers: { [name]: 'x' } });
  }
  await refuse('SDK_HEADER_INVALID', { method: 'GET', path: '/', headers: { x: 'a\r\nb: c' } });
  await refuse('SDK_IDEMPOTENCY_KEY_INVALID', { method: 'POST', path: '/', idempotencyKey: '' });
  await refuse('SDK_IDEMPOTENCY_KEY_INVALID', { method: 'POST', path: '/', idempotencyKey: 'a b' });
  await refuse('SDK_BODY_INVALID', { method: 'GET', path: '/', body: {} });
  await refuse('SDK_BODY_INVALID', { method: 'POST', path: '/', body: () => {} });
  await assert.rejects(sallyport.call('con_1', { method: 'POST', path: '/', body: 1n }), {
    code: 'SDK_BODY_INVALID',
  });
  assert.equal(server.seen.length, 0);
});

test('options that cannot be right are refused at once, plain HTTP first of all, K8', () => {
  for (const url of [
    'http://127.0.0.1:1',
    'https://user:pw@127.0.0.1',
    'https://127.0.0.1/path',
    'https://127.0.0.1?x',
    'nonsense',
    '',
  ]) {
    assert.throws(() => createSallyport({ url, key }), { code: 'SDK_URL_INVALID' }, url);
  }
  for (const bad of ['', 'sk test', 'sk_test\n', 'é', 'x'.repeat(513)]) {
    assert.throws(() => createSallyport({ url: 'https://127.0.0.1', key: bad }), { code: 'SDK_KEY_INVALID' });
  }
  for (const timeoutMs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 600_001]) {
    assert.throws(() => createSallyport({ url: 'https://127.0.0.1', key, timeoutMs }), {
      code: 'SDK_TIMEOUT_INVALID',
    });
  }
});
