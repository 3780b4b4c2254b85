// A name is looked up once for a connection, every address of the answer is checked, and exactly those are connected to.
// U13-A10, K14. Trap "Calling out": resolve once (DNS rebinding), one bad address fails the name, literals never reach a look-up.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { takeTurns } from './connect-first.ts';
import { mayHaveBeenSent } from './faults.ts';
import { callOf, faultOf, listening, openOutbound, serve, textOf } from './loopback-server.fixture.ts';
import type { ResolvedAddress } from './resolve.ts';

const LOOPBACK: ResolvedAddress = { address: '127.0.0.1', family: 4 };

test('U13 a resolver that changes its answer is asked once: the second answer is never used', async (t) => {
  const server = await serve(t, (_request, response) => response.end('first'));
  const answers: ResolvedAddress[][] = [[LOOPBACK], [{ address: '169.254.169.254', family: 4 }]];
  const asked: string[] = [];
  const outbound = openOutbound(t, {
    resolve: (host) => {
      asked.push(host);
      return Promise.resolve(answers.shift() ?? []);
    },
  });
  const answer = await outbound.call(callOf(server.origin));
  assert.equal(answer.address, '127.0.0.1');
  assert.equal(await textOf(answer), 'first');
  assert.equal(
    await textOf(await outbound.call(callOf(server.origin))),
    'first',
    'an open connection needs no look-up',
  );
  assert.deepEqual(asked, ['platform.test']);
  // A new connection asks anew, and what it is told then is checked then.
  const fault = await faultOf(
    outbound.call(callOf(server.origin, { pool: 'con_other' })),
    'OUTBOUND_ADDRESS_REFUSED',
  );
  assert.match(fault.detail, /platform\.test: refused \(metadata\)/);
  assert.equal(asked.length, 2);
});

test('U13 one bad address fails the name, wherever it stands in the answer', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  for (const bad of [
    '10.0.0.1',
    '169.254.169.254',
    '::ffff:127.0.0.1',
    'fe80::1',
    '64:ff9b::7f00:1',
    'fe80::1%lo',
    '::1',
  ]) {
    for (const place of [0, 1, 20]) {
      const addresses: ResolvedAddress[] = Array.from({ length: 20 }, () => ({
        address: '93.184.216.34',
        family: 4,
      }));
      addresses.splice(place, 0, { address: bad, family: bad.includes(':') ? 6 : 4 });
      const outbound = openOutbound(t, { declaredHosts: [], resolve: () => Promise.resolve(addresses) });
      const fault = await faultOf(outbound.call(callOf(server.origin)), 'OUTBOUND_ADDRESS_REFUSED');
      assert.equal(mayHaveBeenSent(fault), false);
    }
  }
  assert.equal(server.accepted(), 0, 'nothing was connected to');
});

test('U13 a private name that is not declared is refused although it answers', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const outbound = openOutbound(t, { declaredHosts: ['other.test'] });
  await faultOf(outbound.call(callOf(server.origin)), 'OUTBOUND_ADDRESS_REFUSED');
  await faultOf(outbound.call(callOf(`https://127.0.0.1:${server.port}`)), 'OUTBOUND_ADDRESS_REFUSED');
  assert.equal(server.accepted(), 0);
});

test('U13 an address literal is checked and called without any look-up', async (t) => {
  const server = await serve(t, (_request, response) => response.end('literal'));
  const outbound = openOutbound(t, { resolve: () => Promise.reject(new Error('a literal was looked up')) });
  assert.equal(await textOf(await outbound.call(callOf(`https://127.0.0.1:${server.port}`))), 'literal');
  await faultOf(outbound.call(callOf('https://169.254.169.254')), 'OUTBOUND_ADDRESS_REFUSED');
  await faultOf(outbound.call(callOf('https://[fd00:ec2::254]')), 'OUTBOUND_ADDRESS_REFUSED');
  for (const odd of [
    'https://127.1',
    'https://0x7f.1',
    'https://2130706433',
    'https://[::ffff:127.0.0.1]',
    'https://127.0.0.1.',
  ]) {
    await faultOf(outbound.call(callOf(`${odd}:${server.port}`)), 'OUTBOUND_ADDRESS_REFUSED');
  }
  assert.equal(server.accepted(), 1);
});

test('K8 U6 L4 P10 Q14 nothing but https is called', async (t) => {
  const outbound = openOutbound(t);
  for (const origin of [
    'http://platform.test',
    'ftp://platform.test',
    'file:///etc/passwd',
    'platform.test',
    'https://u:p@platform.test',
  ]) {
    assert.equal(
      mayHaveBeenSent(await faultOf(outbound.call(callOf(origin)), 'OUTBOUND_ADDRESS_REFUSED')),
      false,
    );
  }
});

test('U13 our own listener is refused although its host is declared', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const outbound = openOutbound(t, { ownAddresses: () => [{ address: '0.0.0.0', port: server.port }] });
  const fault = await faultOf(outbound.call(callOf(server.origin)), 'OUTBOUND_ADDRESS_REFUSED');
  assert.match(fault.detail, /our own listener/);
  assert.equal(server.accepted(), 0);
});

test('U13 a metadata name is refused before it is looked up', async (t) => {
  const outbound = openOutbound(t, { resolve: () => Promise.reject(new Error('looked up')) });
  await faultOf(outbound.call(callOf('https://metadata.google.internal')), 'OUTBOUND_ADDRESS_REFUSED');
});

test('a name without addresses, or whose look-up fails, is unresolved and nothing was sent', async (t) => {
  for (const resolve of [
    () => Promise.resolve([]),
    () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
  ]) {
    const fault = await faultOf(
      openOutbound(t, { resolve }).call(callOf('https://platform.test')),
      'OUTBOUND_NAME_UNRESOLVED',
    );
    assert.equal(mayHaveBeenSent(fault), false);
  }
});

test('U14 a look-up that hangs ends with the connect time limit', async (t) => {
  const outbound = openOutbound(t, {
    resolve: () => new Promise(() => undefined),
    limit: { outboundConnectTimeoutMs: 30 },
  });
  const fault = await faultOf(outbound.call(callOf('https://platform.test')), 'OUTBOUND_CONNECT_FAILED');
  assert.match(fault.detail, /while looking up the name/);
  assert.equal(mayHaveBeenSent(fault), false);
});

test('overlapping look-ups of one name share one answer, later ones ask again', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  let asked = 0;
  const outbound = openOutbound(t, {
    resolve: () => {
      asked += 1;
      return new Promise((resolve) => setImmediate(() => resolve([LOOPBACK])));
    },
  });
  const calls = Array.from({ length: 10 }, (_, index) =>
    outbound.call(callOf(server.origin, { pool: `con_${index}` })),
  );
  await Promise.all((await Promise.all(calls)).map((answer) => answer.discard()));
  assert.equal(asked, 1);
  await (await outbound.call(callOf(server.origin, { pool: 'con_later' }))).discard();
  assert.equal(asked, 2);
});

test('the next address is tried when one refuses, and only addresses of the answer', async (t) => {
  const server = await serve(t, (_request, response) => response.end('second'));
  const addresses = [{ address: '127.0.0.2', family: 4 }, { address: '::1', family: 6 }, LOOPBACK];
  const outbound = openOutbound(t, { resolve: () => Promise.resolve(addresses) });
  const answer = await outbound.call(callOf(server.origin));
  assert.equal(answer.address, '127.0.0.1');
  assert.equal(await textOf(answer), 'second');
});

test('the next address is tried when one hangs, and a name whose addresses all hang ends with the connect time limit', async (t) => {
  const server = await serve(t, (_request, response) => response.end('second'));
  await listenDeaf(t, { host: '127.0.0.3', port: server.port });
  const deaf: ResolvedAddress = { address: '127.0.0.3', family: 4 };
  const outbound = openOutbound(t, {
    resolve: (host) => Promise.resolve(host === 'platform.test' ? [deaf, LOOPBACK] : [deaf, deaf]),
  });
  assert.equal((await outbound.call(callOf(server.origin))).address, '127.0.0.1');
  const hung = callOf(`https://other.test:${server.port}`, { timeouts: { connectTimeoutMs: 400 } });
  const fault = await faultOf(outbound.call(hung), 'OUTBOUND_CONNECT_FAILED');
  assert.match(fault.detail, /other\.test: no answer in time while connecting/);
  assert.equal(mayHaveBeenSent(fault), false);
});

test('families take turns, beginning with the first', () => {
  const list = ['::1', '::2', '::3', '1.1.1.1', '1.1.1.2'].map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }));
  assert.deepEqual(
    takeTurns(list).map((entry) => entry.address),
    ['::1', '1.1.1.1', '::2', '1.1.1.2', '::3'],
  );
  assert.deepEqual(takeTurns([]), []);
});

test('a closed port is no connection, and nothing was sent', async (t) => {
  const server = createServer();
  const { port } = await listening(t, server);
  await new Promise((resolve) => server.close(resolve));
  const fault = await faultOf(
    openOutbound(t).call(callOf(`https://platform.test:${port}`)),
    'OUTBOUND_CONNECT_FAILED',
  );
  assert.match(fault.detail, /platform\.test: no connection \(ECONNREFUSED\) while connecting/);
  assert.equal(mayHaveBeenSent(fault), false);
});

/** Listens, never accepts, and has its backlog full: further connections hang, as with a host that drops packets. */
async function listenDeaf(t: TestContext, { host, port }: { host: string; port: number }): Promise<void> {
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    const server = require('node:net').createServer();
    server.listen({ ...workerData, backlog: 1 }, () => {
      parentPort.postMessage('listening');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(script, { eval: true, workerData: { host, port } });
  await once(worker, 'message');
  const fillers = Array.from({ length: 8 }, () => connect({ host, port }).on('error', () => undefined));
  t.after(async () => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  });
}
