// Under the tools that people attack with, the node stays within its memory, serves others, and shows the slow out.
// K14 U14; invariants 7 and 9. Debian: slowhttptest, wrk.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '#test/client';
import { type GatewayProcess, withGatewayProcess } from '#test/gateway-process';
import { missingTool, runTool } from '#test/tool';
import { canary } from '../../../tools/leaks/canaries.ts';

const MIB = 1024 * 1024;
/** Design section 6: 250 MiB resident under load. */
const MEMORY_BYTES_MAX = 250 * MIB;
const limits = {
  headersTimeoutMs: 1_000,
  requestTimeoutMs: 2_000,
  keepAliveTimeoutMs: 2_000,
  outboundTotalTimeoutMs: 1_000,
  webhookInFlightBytesMax: MIB,
};

/** The others are few: what they cost must not be what is measured. */
const BETWEEN_OTHERS_MS = 20;

/** Good requests, one after the other, while a tool runs: each must be answered well. Memory is looked at meanwhile. */
async function serveOthersWhile<T>(t: TestContext, gateway: GatewayProcess, running: Promise<T>): Promise<T> {
  const call = withClient(t, gateway);
  const state = { isOver: false };
  const ended = running.finally(() => (state.isOver = true));
  let served = 0;
  while (!state.isOver) {
    assert.equal((await call({ path: '/readyz' })).status, 200);
    assert.equal((await call({ path: '/admin/v1/keys', key: gateway.adminKey })).status, 200);
    const bytes = await gateway.memoryBytes();
    assert.ok(bytes < MEMORY_BYTES_MAX, `${Math.round(bytes / MIB)} MiB`);
    served += 2;
    await delay(BETWEEN_OTHERS_MS);
  }
  gateway.assertAlive();
  assert.ok(served > 0);
  t.diagnostic(`${served} others were served`);
  return ended;
}

async function endpointOf(t: TestContext, gateway: GatewayProcess): Promise<string> {
  const body = { platform: 'koywe', name: 'koywe', secret: canary('webhookSecret') };
  const call = { method: 'POST', path: '/admin/v1/endpoints', key: gateway.adminKey, body } as const;
  const made = await withClient(t, gateway)(call);
  assert.equal(made.status, 201, made.text);
  return made.json<{ path: string }>().path;
}

/** What it says about its target each five seconds and at the end. */
function assertAvailable(output: string): void {
  const states = [...output.matchAll(/service available: +(\w+)/g)].map(([, state]) => state);
  assert.ok(states.length > 0, output);
  assert.deepEqual([...new Set(states)], ['YES'], output);
}

const slow = { skip: missingTool('slowhttptest') };
const COMMON = ['-c', '300', '-r', '150', '-i', '1', '-p', '10'];

for (const [name, mode] of [
  ['headers that never end', '-H'],
  ['bodies that never end', '-B'],
] as const) {
  test(`slowhttptest: ${name} are closed before the test is over, and others are served`, slow, async (t) => {
    const gateway = await withGatewayProcess(t, { limits });
    const target = mode === '-B' ? await endpointOf(t, gateway) : '/livez';
    const args = [mode, ...COMMON, '-l', '60', '-u', gateway.url + target];
    const { output } = await serveOthersWhile(t, gateway, runTool(t, ['slowhttptest', ...args]));
    assertAvailable(output);
    assert.match(output, /Exit status: +No open connections left/, output);
  });
}

test('slowhttptest: answers that nobody reads hold nobody up', slow, async (t) => {
  const gateway = await withGatewayProcess(t, { limits });
  const reading = ['-k', '10', '-w', '10', '-y', '20', '-n', '1', '-z', '5'];
  const args = ['-X', ...COMMON, ...reading, '-l', '8', '-u', `${gateway.url}/livez`];
  const { output } = await serveOthersWhile(t, gateway, runTool(t, ['slowhttptest', ...args]));
  assertAvailable(output);
});

const wrk = { skip: missingTool('wrk') };

test(
  'wrk: a flood of good requests, of refused ones and of new connections; others are served',
  wrk,
  async (t) => {
    const gateway = await withGatewayProcess(t, {});
    const endpoint = await endpointOf(t, gateway);
    const floods: readonly (readonly [string, ...string[]])[] = [
      ['/livez'],
      ['/nowhere'],
      ['/admin/v1/keys', '-H', `Authorization: Bearer sk_admin_syp_${'a'.repeat(38)}`],
      [endpoint],
      ['/livez', '-H', 'Connection: close'],
      ['/livez', '-H', `X-Filler: ${'a'.repeat(20_000)}`],
    ];
    for (const [path, ...more] of floods) {
      const args = ['-t', '2', '-c', '200', '-d', '2s', '--timeout', '30s', ...more, gateway.url + path];
      const { code, output } = await serveOthersWhile(t, gateway, runTool(t, ['wrk', ...args]));
      assert.equal(code, 0, output);
      assert.match(output, /[1-9]\d* requests in/, `${path}: ${output}`);
      if (path === '/livez' && more.length === 0)
        assert.doesNotMatch(output, /Socket errors|Non-2xx/, 'good requests were all answered well');
    }
  },
);
