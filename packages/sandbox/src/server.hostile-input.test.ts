// Whatever bytes arrive, the sandbox lives and serves the next request; nothing it answers shows a stack. U13 K19
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import * as tls from 'node:tls';
import { faultTable } from './faults.ts';
import { authorityCert, type Harness, merchantPath, startHarness } from './sandbox.harness.ts';

let harness: Harness;
let token: string;
before(async () => {
  harness = await startHarness({ control: true });
  token = await harness.signIn();
});
after(() => harness.close());

/** Sends bytes as they are, closes its own side, and answers what came back. */
async function sendRaw(text: string, answerBytesMax = 100_000): Promise<string> {
  const { port } = new URL(harness.sandbox.url);
  const socket = tls.connect({ host: '127.0.0.1', port: Number(port), ca: authorityCert });
  let answer = '';
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
    if (answer.length > answerBytesMax) socket.destroy();
  });
  socket.end(text, 'latin1');
  if (!socket.destroyed) await once(socket, 'close');
  return answer;
}

function request(method: string, target: string, headers: readonly string[] = []): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: a.test', 'Connection: close', ...headers];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

test('malformed requests are refused and the sandbox lives', async () => {
  const authorization = `Authorization: Bearer ${token}`;
  const cases = [
    '\0\x01\x02',
    'GET / HTTP/9.9\r\n\r\n',
    'POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    request('GET', '/%zz', [authorization]),
    request('GET', `${merchantPath}/orders/%zz`, [authorization]),
    request('GET', `${merchantPath}/orders/${'x'.repeat(5_000)}`, [authorization]),
    request('GET', `${merchantPath}/orders/__proto__`, [authorization]),
    request('GET', `${merchantPath}/../../x`, [authorization]),
    request('GET', merchantPath, [authorization, authorization]),
    request('GET', merchantPath, ['Authorization: Bearer \xff\xff.\xff.\xff']),
    request('BREW', merchantPath, [authorization]),
    request('POST', '/api/v1/auth/sign-in', ['Content-Type: application/json', 'Content-Length: 1000']),
    request('POST', '/_sandbox/emit', ['Content-Type: application/json', 'Content-Length: 2']) + '[]',
    request('GET', merchantPath, [authorization, `X-Many: ${'x'.repeat(20_000)}`]),
    request('GET', `${merchantPath}/contacts?pageSize=1&pageSize=2`, [authorization]),
  ];
  for (const text of cases) {
    const answer = await sendRaw(text);
    assert.ok(!/node_modules|\.ts:|\bat \w+ \(/.test(answer), answer);
    assert.equal((await harness.call('GET', merchantPath)).status, 200, text.slice(0, 80));
  }
});

test('every fault lives through HEAD and through a client that leaves at once', async () => {
  for (const name of Object.keys(faultTable)) {
    if (name === 'slow') continue;
    for (const method of ['HEAD', 'GET']) {
      const headers = [`Authorization: Bearer ${token}`, `x-sandbox-fault: ${name}`];
      await sendRaw(request(method, merchantPath, headers));
      assert.equal((await harness.call('GET', merchantPath)).status, 200, `${method} ${name}`);
    }
  }
});

test('deeply nested and polluting JSON is refused', async () => {
  const deep = '['.repeat(100_000);
  for (const text of [deep, '{"constructor":{"prototype":{"x":1}}}', 'null', '"text"', '[]', '\ufeff{}']) {
    const { status } = await harness.call('POST', `${merchantPath}/orders`, { text });
    assert.equal(status, 400, text.slice(0, 40));
  }
});
