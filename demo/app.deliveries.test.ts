// The demo application calls through Sallyport, takes each signed delivery once, refuses the others, and ends with its parent. K7 K8 K9.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { certificate, startServer } from '@sallyport/sandbox/loopback-server';
import { parseSecret, sign } from '@sallyport/schemes';
import { Agent, request } from 'undici';

const app = fileURLToPath(new URL('app.ts', import.meta.url));
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const merchant = '/out/con_1/api/v1/organizations/org_1/merchants/mer_1';

interface Demo {
  readonly url: string;
  readonly child: ChildProcess;
  /** The next line that it prints. */
  readonly line: () => Promise<unknown>;
  readonly post: (
    path: string,
    message?: { headers?: Record<string, string>; body?: Uint8Array },
  ) => Promise<{ status: number; body: unknown }>;
}

async function startDemo(t: TestContext, sallyportUrl: string): Promise<Demo> {
  const file = (name: string, text: string) => {
    const path = join(certificate.folder, name);
    writeFileSync(path, `${text}\n`);
    return path;
  };
  const child = spawn(process.execPath, [app], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      DEMO_PORT: '0',
      DEMO_TLS_KEY_FILE: join(certificate.folder, 'key.pem'),
      DEMO_TLS_CERT_FILE: join(certificate.folder, 'cert.pem'),
      SALLYPORT_URL: sallyportUrl,
      SALLYPORT_CA_FILE: join(certificate.folder, 'ca.pem'),
      SALLYPORT_KEY_FILE: file('api-key', 'sk_test_syp_0123456789abcdefghijklmnop'),
      SALLYPORT_CONNECTION: `${sallyportUrl}/out/con_1`,
      SALLYPORT_DELIVERY_SECRET_FILE: file('delivery-secret', secret),
      KOYWE_ORGANIZATION: 'org_1',
      KOYWE_MERCHANT: 'mer_1',
    },
  });
  t.after(() => child.kill('SIGKILL'));
  assert.ok(child.stdout);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const ready = await line();
  assert.ok(typeof ready === 'object' && ready !== null && 'event' in ready && 'url' in ready);
  assert.equal(ready.event, 'demo.ready');
  const url = String(ready.url);
  const dispatcher = new Agent({ connect: { ca: certificate.ca } });
  t.after(() => dispatcher.close());
  const post: Demo['post'] = async (path, { headers = {}, body = Buffer.alloc(0) } = {}) => {
    const response = await request(`${url}${path}`, { method: 'POST', headers, body, dispatcher });
    return { status: response.statusCode, body: await response.body.json() };
  };
  return { url, child, line, post };
}

function delivery(id: string, text: string): { headers: Record<string, string>; body: Uint8Array } {
  const body = Buffer.from(text);
  const key = parseSecret('standard-webhooks', secret);
  return {
    headers: Object.fromEntries(
      sign({ scheme: 'standard-webhooks', secrets: [key], body, id, nowMs: Date.now() }).headers,
    ),
    body,
  };
}

test('an order is created with a contact of its own, through Sallyport', async (t) => {
  const gateway = await startServer(t, {
    answer: (response, { target }) => {
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(
        target === `${merchant}/contacts` ? '{"id":"cnt_1"}' : '{"id":"ord_1","status":"PENDING"}',
      );
    },
  });
  const demo = await startDemo(t, gateway.url);
  assert.deepEqual(await demo.post('/orders'), { status: 201, body: { id: 'ord_1', status: 'PENDING' } });
  assert.deepEqual(
    gateway.seen.map(({ target }) => target),
    [`${merchant}/contacts`, `${merchant}/orders`],
  );
  const order: unknown = JSON.parse(gateway.seen[1]?.body.toString() ?? '');
  assert.ok(
    typeof order === 'object' && order !== null && 'contactId' in order && order.contactId === 'cnt_1',
  );
});

test("the gateway's problem becomes 502 with its code and request id", async (t) => {
  const gateway = await startServer(t, {
    answer: (response) => {
      response.writeHead(503, { 'content-type': 'application/problem+json' });
      response.end('{"code":"BUSY","title":"Too busy","requestId":"req_1"}');
    },
  });
  const demo = await startDemo(t, gateway.url);
  const expected = { error: 'BUSY', message: 'Too busy', requestId: 'req_1' };
  assert.deepEqual(await demo.post('/orders'), { status: 502, body: expected });
});

test('K7: a signed delivery is printed once, a forged or oversized one is refused', async (t) => {
  const demo = await startDemo(t, 'https://127.0.0.1:1');
  const first = delivery('evt_1', '{"id":"evt_1","type":"order.paid"}');
  assert.equal((await demo.post('/webhooks', { ...first, body: Buffer.from('{}') })).status, 401);
  assert.equal((await demo.post('/webhooks')).status, 401);
  assert.equal((await demo.post('/webhooks', { body: Buffer.alloc(2 * 1024 * 1024) })).status, 413);
  assert.equal((await demo.post('/elsewhere')).status, 404);
  assert.equal((await demo.post('/webhooks', first)).status, 200);
  assert.equal((await demo.post('/webhooks', first)).status, 200);
  assert.equal((await demo.post('/webhooks', delivery('evt_2', 'no json'))).status, 200);
  assert.deepEqual(await demo.line(), { event: 'delivery.received', id: 'evt_1', type: 'order.paid' });
  assert.deepEqual(await demo.line(), { event: 'delivery.received', id: 'evt_2', type: null });
});

test('it ends when its parent does', async (t) => {
  const demo = await startDemo(t, 'https://127.0.0.1:1');
  const ended = once(demo.child, 'exit');
  demo.child.disconnect();
  assert.equal((await ended)[0], 0);
});

test('the application is read in a minute: under 60 lines', () => {
  assert.ok(readFileSync(app, 'utf8').split('\n').length < 60);
});
