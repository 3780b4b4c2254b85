// Whatever goes wrong becomes one error with a code, and the key is in nothing that can be printed. K1 K11 K15 K19 U6 U14.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { certificate, startServer } from '@sallyport/sandbox/loopback-server';
import { createSallyport, SallyportError } from './index.ts';

const key = 'sk_test_syp_0123456789abcdefghijklmnop';

async function failureOf(call: Promise<unknown>): Promise<SallyportError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SallyportError, inspect(error));
  assert.ok(!inspect(error, { showHidden: true, depth: 10 }).includes(key));
  assert.ok(!JSON.stringify(error).includes(key) && !String(error.stack).includes(key));
  return error;
}

test('a problem of the gateway: code, status, request id and Retry-After', async (t) => {
  const server = await startServer(t, {
    answer: (response) => {
      response.writeHead(503, {
        'content-type': 'application/problem+json; charset=utf-8',
        'retry-after': '7',
      });
      response.end(
        '{"code":"BUSY","title":"Too busy","detail":"Try again.","requestId":"req_1","status":503}',
      );
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const error = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/' }));
  const { code, status, requestId, retryAfterSeconds, message } = error;
  assert.deepEqual(
    { code, status, requestId, retryAfterSeconds, message },
    {
      code: 'BUSY',
      status: 503,
      requestId: 'req_1',
      retryAfterSeconds: 7,
      message: 'Too busy: Try again.',
    },
  );
});

test('problem documents of any shape: an error or an answer, never another kind of throw', async (t) => {
  const bodies = [
    '{"code":"X"}',
    '{"code":1}',
    '[]',
    'null',
    'no json',
    '{"code":"a b"}',
    '{"code":"X","title":{},"requestId":5}',
  ];
  const server = await startServer(t, {
    answer: (response, { target }) => {
      response.writeHead(400, {
        'content-type': 'application/problem+json',
        'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT',
      });
      response.end(bodies[Number(target?.at(-1))]);
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const codes: (string | number)[] = [];
  for (const index of bodies.keys()) {
    try {
      codes.push((await sallyport.call('con_1', { method: 'GET', path: `/${index}` })).status);
    } catch (error) {
      assert.ok(error instanceof SallyportError);
      assert.equal(error.retryAfterSeconds, null);
      codes.push(error.code);
    }
  }
  assert.deepEqual(codes, ['X', 400, 400, 400, 'SDK_RESPONSE_MALFORMED', 400, 'X']);
});

test('JSON that is none, and an answer over the limit', async (t) => {
  const server = await startServer(t, {
    answer: (response, { target }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(target?.endsWith('large') ? Buffer.alloc(17 * 1024 * 1024, 0x20) : '{"cut":');
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const malformed = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/' }));
  assert.deepEqual([malformed.code, malformed.status], ['SDK_RESPONSE_MALFORMED', 200]);
  const large = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/large' }));
  assert.equal(large.code, 'SDK_RESPONSE_TOO_LARGE');
});

test('K15 U6: a certificate that the given authority did not sign, or for another name, is not accepted', async (t) => {
  const server = await startServer(t, { answer: (response) => response.end() });
  const withoutCa = createSallyport({ url: server.url, key });
  const otherName = createSallyport({
    url: server.url.replace('127.0.0.1', 'localhost'),
    key,
    ca: certificate.ca,
  });
  t.after(() => Promise.all([withoutCa.close(), otherName.close()]));
  for (const sallyport of [withoutCa, otherName]) {
    const error = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/' }));
    assert.equal(error.code, 'SDK_TLS_FAILED');
  }
  assert.equal(server.seen.length, 0);
});

test('K15 U6: a variable of the environment can not switch verification off', async (t) => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.after(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  const server = await startServer(t, { answer: (response) => response.end() });
  const sallyport = createSallyport({ url: server.url, key });
  t.after(() => sallyport.close());
  const error = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/' }));
  assert.equal(error.code, 'SDK_TLS_FAILED');
  assert.equal(server.seen.length, 0);
});

test('K8 U6: TLS 1.1 is refused', async (t) => {
  const tls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  const server = await startServer(t, { answer: (response) => response.end(), tls });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  t.after(() => sallyport.close());
  const error = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/' }));
  assert.equal(error.code, 'SDK_TLS_FAILED');
  assert.equal(server.seen.length, 0);
});

test('U14: an answer that never ends meets the time limit, whether its headers came or not', async (t) => {
  const server = await startServer(t, {
    answer: (response, { target }) => {
      if (target?.endsWith('/body')) response.write('x');
    },
  });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca, timeoutMs: 200 });
  for (const path of ['/headers', '/body']) {
    const error = await failureOf(sallyport.call('con_1', { method: 'GET', path }));
    assert.deepEqual([error.code, error.status], ['SDK_TIMED_OUT', null]);
  }
});

test('a connection that is reset or refused, and a client that was closed', async (t) => {
  const server = await startServer(t, { answer: (response) => response.destroy() });
  const sallyport = createSallyport({ url: server.url, key, ca: certificate.ca });
  const reset = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/' }));
  assert.equal(reset.code, 'SDK_UNREACHABLE');
  await sallyport.close();
  const closed = await failureOf(sallyport.call('con_1', { method: 'GET', path: '/' }));
  assert.equal(closed.code, 'SDK_CLOSED');
  const nobody = createSallyport({ url: 'https://127.0.0.1:1', key, ca: certificate.ca });
  t.after(() => nobody.close());
  assert.equal((await failureOf(nobody.call('con_1', { method: 'GET', path: '/' }))).code, 'SDK_UNREACHABLE');
});

test('K1: the client itself prints no key', () => {
  const sallyport = createSallyport({ url: 'https://127.0.0.1:1', key });
  const printed = [
    inspect(sallyport, { showHidden: true, depth: 10 }),
    JSON.stringify(sallyport),
    String(sallyport),
  ];
  for (const text of printed) assert.ok(!text.includes(key));
});
