// What the README shows runs, and does what it says.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { certificate, startServer } from '@sallyport/sandbox/loopback-server';

const home = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(home, 'README.md'), 'utf8');
const [calling, signing, sending, pulling, receiving, ...others] = [
  ...readme.matchAll(/^```ts\n(.*?)^```$/gms),
].map(([, code]) => code);

const PULLED = {
  batch: 'bat_1',
  events: [
    {
      delivery: 'dlv_1',
      event: 'evt_1',
      attempt: 1,
      platform: 'koywe',
      type: 'order.paid',
      receivedAt: '2026-11-25T00:00:00.000Z',
      contentType: 'application/json',
      headers: [],
      body: Buffer.from('{"type":"order.paid","data":{"order":1}}').toString('base64'),
    },
  ],
};

test('the examples of the README', async (t) => {
  assert.ok(calling !== undefined && signing !== undefined && sending !== undefined);
  assert.ok(pulling !== undefined && receiving !== undefined && others.length === 0);
  const folder = mkdtempSync(join(home, '.examples-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const server = await startServer(t, {
    answer: (response, { method, target = '' }) => {
      const isOut = target.startsWith('/out/');
      response.writeHead(isOut ? 201 : 200, { 'content-type': 'application/json' });
      if (isOut) response.end('{"id":"ord_1"}');
      else if (method === 'POST') response.end('{"event":"evt_1","duplicate":false}');
      else response.end(target.includes('after=') ? '{"batch":null,"events":[]}' : JSON.stringify(PULLED));
    },
  });
  const env = {
    SALLYPORT_URL: server.url,
    SALLYPORT_KEY: 'sk_test_syp_0123456789',
    SIGNING_SECRET: 'a-secret-of-16-bytes-or-more',
    SALLYPORT_CA_FILE: join(certificate.folder, 'ca.pem'),
  };
  const run = async (name: string, code: string) => {
    writeFileSync(join(folder, name), code);
    return promisify(execFile)(process.execPath, [join(folder, name)], { env, timeout: 30_000 });
  };
  assert.deepEqual(await run('calling.ts', calling), { stdout: "201 { id: 'ord_1' }\n", stderr: '' });
  assert.equal(server.seen[0]?.target, '/out/con_1/api/v1/organizations/org_1/merchants/mer_1/orders');
  assert.deepEqual(await run('signing.ts', signing), { stdout: '201\n', stderr: '' });
  assert.match(String(server.seen[1]?.headers['signature-input']), /^sallyport=\("@method" .*;keyid="key_1"/);
  assert.deepEqual(await run('sending.ts', sending), { stdout: 'evt_1 false\n', stderr: '' });
  assert.equal(server.seen[2]?.headers['idempotency-key'], 'invoice-inv_1-paid');
  assert.equal(server.seen[2]?.body.toString(), '{"type":"invoice.paid","data":{"invoice":"inv_1"}}');
  assert.deepEqual(await run('pulling.ts', pulling), {
    stdout: 'evt_1 order.paid { order: 1 }\n',
    stderr: '',
  });
  assert.deepEqual(
    server.seen.slice(3).map(({ target }) => target),
    ['/v1/events?wait=20', '/v1/events?after=bat_1&wait=20'],
  );
  assert.deepEqual(await run('receiving.ts', receiving), { stdout: 'evt_1 order.paid\n', stderr: '' });
});
