// Several nodes that count in one Redis or Valkey count as one: a thousand takes at once, from two of them, let exactly the limit
// through, all of a take's rates or none. Keys expire by themselves and lie in one slot. K18 U14; trap "Rate limits that read, then
// write, leak under concurrency".
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { limitsWith, randomBytes, Secret, silentLog, systemClock, toHex } from '#base';
import { createRates, type Granted, type Rates, rateOf } from '#rates';
import { command, SERVER, startTestServer } from './redis-server.fixture.ts';

const given = process.env['SALLYPORT_TEST_REDIS_URL'];
const server = SERVER === null ? null : await startTestServer();
const url = server?.url ?? (given === undefined ? null : Secret.fromText(given));
const address = server === null ? given : `redis://127.0.0.1:${server.port}`;
const skip = url === null && 'no redis-server, no valkey-server, and SALLYPORT_TEST_REDIS_URL is not set';
after(() => server?.remove());

/** Subjects of this run alone: the server may be one that others use. */
const run = toHex(randomBytes(6));
const subject = (name: string): string => `${run}-${name}`;
const limits = limitsWith({ redisCommandTimeoutMs: 10_000 });

async function nodes(t: TestContext, count: number): Promise<Rates[]> {
  const made = Array.from({ length: count }, () =>
    createRates({ clock: systemClock, limits, log: silentLog, redisUrl: url }),
  );
  const all = await Promise.all(made);
  t.after(() => Promise.all(all.map((node) => node.close())));
  return all;
}

const perKey = rateOf({ name: 'key', limit: 100, windowSeconds: 90_000 });
const perAddress = rateOf({ name: 'address', limit: 70, windowSeconds: 90_000 });

test('a thousand at once from two nodes: exactly the limit, and all or none', { skip }, async (t) => {
  const [one, two] = await nodes(t, 2);
  assert.ok(one && two);
  const demands = [
    { rate: perKey, subject: subject('crowd') },
    { rate: perAddress, subject: subject('crowd') },
  ];
  const takes = Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? one : two).take(demands));
  assert.ok(takes.every((take) => take instanceof Promise));
  const taken = await Promise.all(takes);
  const granted = taken.filter((each): each is Granted => each.ok);
  assert.equal(granted.length, 70);
  assert.ok(granted.every(({ counted }) => counted === 'shared'));
  const left = await two.look(demands);
  assert.deepEqual(
    left.states.map(({ remaining }) => remaining),
    [30, 0],
    'those who were refused by address took nothing of the key',
  );
  assert.ok(!left.ok && left.by === 'address');

  const [first] = granted;
  assert.ok(first);
  await Promise.all([one.giveBack(first), one.giveBack(first)]);
  assert.deepEqual(
    (await two.look(demands)).states.map(({ remaining }) => remaining),
    [31, 1],
    'given back once',
  );
});

test('the same subject twice in one take needs two places', { skip }, async (t) => {
  const [node] = await nodes(t, 1);
  assert.ok(node);
  const demand = { rate: rateOf({ name: 'twice', limit: 3, windowSeconds: 900 }), subject: subject('twice') };
  assert.ok((await node.take([demand, demand])).ok);
  assert.ok(!(await node.take([demand, demand])).ok);
  assert.ok((await node.take([demand])).ok);
});

test('after Retry-After it is granted, on the clock of the store', { skip }, async (t) => {
  const [node] = await nodes(t, 1);
  assert.ok(node);
  const demands = [
    { rate: rateOf({ name: 'second', limit: 1, windowSeconds: 1 }), subject: subject('wait') },
  ];
  assert.ok((await node.take(demands)).ok);
  const refused = await node.take(demands);
  assert.ok(!refused.ok);
  assert.equal(refused.retryAfterSeconds, 1);
  await new Promise((resolve) => setTimeout(resolve, refused.retryAfterSeconds * 1_000));
  assert.ok((await node.take(demands)).ok);
});

test('every key expires, lies in the one slot, and what stands in it that is no number does no harm', {
  skip,
}, async (t) => {
  const [node] = await nodes(t, 1);
  const ask = (...words: string[]): Promise<unknown> => command(address ?? '', words);
  assert.ok(node);
  const rate = rateOf({ name: 'expiry', limit: 10, windowSeconds: 100 });
  const name = subject('expiry');
  const key = `sallyport:{rates}:expiry:${name}`;
  const granted = await node.take([{ rate, subject: name }]);
  assert.ok(granted.ok);
  const life = Number(await ask('PTTL', key));
  assert.ok(life > 0 && life <= 10_000, `${life}`);
  assert.match(String(await ask('GET', key)), /^\d{16}$/, 'all digits of the moment');
  await node.giveBack(granted);
  assert.equal(await ask('EXISTS', key), 0, 'who owes nothing needs no key');

  await ask('SET', key, 'rubbish', 'EX', '60');
  assert.equal((await node.look([{ rate, subject: name }])).states[0]?.remaining, 10);
  await ask('SET', key, '9'.repeat(30), 'EX', '60');
  const refused = await node.look([{ rate, subject: name }]);
  assert.ok(!refused.ok && refused.retryAfterSeconds === 10, 'a clock set back keeps nobody out for longer');
  await ask('DEL', key);
});
