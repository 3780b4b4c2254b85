// When the shared store is away, frozen, full or not what it should be, a node counts alone from what it last knew: it neither
// refuses everyone nor lets anyone through uncounted; it says so once, and comes back by itself. Invariant 3; K18 U14; trap "The
// authentication limiter falls back to local counting when its store is away, never to allow".
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { type Log, limitsWith, Secret, silentLog, systemClock } from '#base';
import { createRates, type Granted, type Rates, rateOf } from '#rates';
import { WITHOUT_SERVER as skip, startTestServer, type TestServer } from './redis-server.fixture.ts';

const limits = limitsWith({ redisCommandTimeoutMs: 150, redisConnectTimeoutMs: 500 });
const rate = rateOf({ name: 'key', limit: 10, windowSeconds: 90_000 });
const demands = [{ rate, subject: 'a' }];

/** A log that tells when a line with a state comes. */
function watchedLog() {
  const states: string[] = [];
  const waiting: (() => void)[] = [];
  const note: Log['info'] = (_message, fields) => {
    if (fields?.state === undefined) return;
    states.push(fields.state);
    for (const wake of waiting.splice(0)) wake();
  };
  const reached = async (...wanted: string[]): Promise<void> => {
    while (states.length < wanted.length) await new Promise<void>((resolve) => waiting.push(resolve));
    assert.deepEqual(states, wanted);
  };
  return { log: { ...silentLog, info: note, warn: note }, states, reached };
}

async function node(t: TestContext, redisUrl: Secret, redisCa: string | null = null) {
  const watched = watchedLog();
  const rates = await createRates({ clock: systemClock, limits, log: watched.log, redisUrl, redisCa });
  t.after(() => rates.close());
  return { rates, ...watched };
}

async function serve(
  t: TestContext,
  options: Parameters<typeof startTestServer>[0] = {},
): Promise<TestServer> {
  const server = await startTestServer(options);
  t.after(() => server.remove());
  return server;
}

/** How many of so many takes at once are granted, and by whom they were counted. */
async function count(rates: Rates, takes: number): Promise<string[]> {
  const taken = await Promise.all(Array.from({ length: takes }, async () => rates.take(demands)));
  return taken.filter((each): each is Granted => each.ok).map(({ counted }) => counted);
}

test('killed: what was taken together stays taken, the rest is counted alone, and it comes back', {
  skip,
}, async (t) => {
  const server = await serve(t);
  const { rates, reached } = await node(t, server.url);
  await reached('there');
  assert.deepEqual(await count(rates, 6), Array(6).fill('shared'));
  await server.kill();
  assert.deepEqual(await count(rates, 20), Array(4).fill('node'), 'no new allowance by an outage');
  await reached('there', 'away');
  assert.ok(!((await rates.take(demands)) instanceof Promise));
  await server.restart();
  await reached('there', 'away', 'there');
  assert.deepEqual(await count(rates, 20), [], 'it forgot everything, and was told what was taken alone');
});

test('killed with a thousand questions under way: each is answered, none is let through beyond the limit twice over', {
  skip,
}, async (t) => {
  const server = await serve(t);
  const { rates } = await node(t, server.url);
  const takes = Array.from({ length: 1_000 }, async () => rates.take(demands));
  const killed = server.kill();
  const granted = (await Promise.all(takes)).filter(({ ok }) => ok).length;
  await killed;
  assert.ok(granted >= 10 && granted <= 20, `${granted}`);
});

test('frozen: questions end in time, the node counts alone, and thawed it is used again', {
  skip,
}, async (t) => {
  const server = await serve(t);
  const { rates, reached } = await node(t, server.url);
  assert.deepEqual(await count(rates, 7), Array(7).fill('shared'));
  server.freeze();
  assert.deepEqual(await count(rates, 20), Array(3).fill('node'));
  await reached('there', 'away');
  server.thaw();
  await reached('there', 'away', 'there');
  assert.equal((await rates.look(demands)).ok, false, 'what it counted before it froze still stands');
});

test('given back while it is away: to the count of this node, which knew of it', { skip }, async (t) => {
  const server = await serve(t);
  const { rates, reached } = await node(t, server.url);
  const granted = await rates.take(demands);
  assert.ok(granted.ok && granted.counted === 'shared');
  await server.kill();
  await rates.giveBack(granted);
  await rates.giveBack(granted);
  assert.equal((await rates.look(demands)).states[0]?.remaining, 10);
  await reached('there', 'away');
});

test('away at the start, and never there: the node counts alone and says so once', { skip }, async (t) => {
  const server = await serve(t);
  await server.kill();
  const { rates, reached } = await node(t, server.url);
  await reached('away');
  assert.deepEqual(await count(rates, 20), Array(10).fill('node'));
  await server.restart();
  await reached('away', 'there');
});

test('restarted without the script, or its scripts flushed: the next question brings it along', {
  skip,
}, async (t) => {
  const server = await serve(t);
  const { rates, states } = await node(t, server.url);
  await server.command('SCRIPT', 'FLUSH', 'SYNC');
  assert.deepEqual(await count(rates, 3), Array(3).fill('shared'));
  assert.deepEqual(states, ['there']);
});

test('one that answers pings but takes nothing, or a stranger in a key, is as good as away', {
  skip,
}, async (t) => {
  const full = await serve(t, { settings: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] });
  const { rates, reached } = await node(t, full.url);
  await reached('away');
  assert.deepEqual(await count(rates, 20), Array(10).fill('node'));

  const shared = await serve(t);
  const other = await node(t, shared.url);
  await shared.command('LPUSH', 'sallyport:{rates}:key:a', 'x');
  assert.deepEqual(await count(other.rates, 20), Array(10).fill('node'));
});

test('a wrong password is as good as away, and is not in the log', { skip }, async (t) => {
  const server = await serve(t, { settings: ['--requirepass', 'right-canary'] });
  const lines: string[] = [];
  const log = { ...silentLog, warn: (...line: unknown[]) => lines.push(JSON.stringify(line)) };
  const make = (password: string) =>
    createRates({
      clock: systemClock,
      limits,
      log,
      redisUrl: Secret.fromText(`redis://:${password}@127.0.0.1:${server.port}`),
    });
  const wrong = await make('wrong-canary');
  assert.deepEqual(await count(wrong, 20), Array(10).fill('node'));
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines.join(), /canary/);
  const right = await make('right-canary');
  assert.deepEqual(await count(right, 20), Array(10).fill('shared'));
  await Promise.all([wrong.close(), right.close()]);
});

test('rediss: verifies the certificate, and a server that is not vouched for is as good as away (K3 U6)', {
  skip,
}, async (t) => {
  const authority = await createAuthority({ name: 'Authority of a test' });
  const pair = await issueCertificate(authority, { names: ['127.0.0.1'] });
  const folder = mkdtempSync(join(tmpdir(), 'redis-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = { 'tls.crt': pair.cert, 'tls.key': pair.key, 'ca.crt': authority.cert };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const named = (name: string): string => join(folder, name);
  const server = await serve(t, {
    tls: true,
    settings: [
      '--tls-cert-file',
      named('tls.crt'),
      '--tls-key-file',
      named('tls.key'),
      '--tls-ca-cert-file',
      named('ca.crt'),
      '--tls-auth-clients',
      'no',
    ],
  });
  const trusting = await node(t, server.url, authority.cert);
  await trusting.reached('there');
  assert.deepEqual(await count(trusting.rates, 4), Array(4).fill('shared'));
  const doubting = await node(t, server.url);
  await doubting.reached('away');
  assert.deepEqual(await count(doubting.rates, 20), Array(10).fill('node'));
});

test('however often it fails to come back, one line says that it is away', async (t) => {
  const third = Promise.withResolvers<void>();
  let connections = 0;
  const server = createServer((socket) => {
    socket.destroy();
    if (++connections === 3) third.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const { reached } = await node(t, Secret.fromText(`redis://127.0.0.1:${address.port}`));
  await third.promise;
  await reached('away');
});
