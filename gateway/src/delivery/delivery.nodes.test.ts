// Several nodes deliver each event once while they live, and at least once when one dies; stopping loses nothing.
// Trap "Delivering": Postgres is the truth. Claims SKIP LOCKED under a lease.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { asOwner, until, withReceiver, withRooms } from './delivery.fixture.ts';

test('two nodes deliver two hundred events to two destinations, each exactly once', async (t) => {
  const receivers = [await withReceiver(t), await withReceiver(t)];
  const rooms = await withRooms(t, { limits: { deliveryConcurrency: 16 } });
  const other = await rooms.node();
  for (const { url } of receivers) await rooms.destination(url);
  rooms.delivery.start();
  other.delivery.start();
  const events = await Promise.all(Array.from({ length: 200 }, () => rooms.receive()));
  await Promise.all(receivers.map((receiver) => receiver.has(200)));
  const open = async () =>
    Number(
      (await asOwner(rooms, `select count(*) from deliveries where state <> 'delivered'`))[0]?.['count'],
    );
  await until(async () => (await open()) === 0);
  for (const { received } of receivers)
    assert.deepEqual(received.map(({ id }) => id).sort(), [...events].sort());
  const rows = await asOwner(rooms, 'select max(attempts) as most, count(*) from deliveries');
  assert.deepEqual(rows, [{ most: 1, count: '400' }]);
});

test('a node killed while it holds claims: another delivers them when the lease ends, under the same ids', async (t) => {
  const held: string[] = [];
  let answering = false;
  const receiver = await withReceiver(t, (response, { id }) => {
    if (answering) response.end();
    else held.push(id);
  });
  const rooms = await withRooms(t, { limits: { deliveryLeaseMs: 2_000, deliveryTimeoutMs: 1_000 } });
  await rooms.destination(receiver.url);
  const events = await Promise.all(Array.from({ length: 10 }, () => rooms.receive()));
  const child = fork(new URL('./node.child.fixture.ts', import.meta.url), {
    execArgv: [], // not the reporter of this file, which would write over its events
    stdio: 'ignore',
  });
  t.after(() => child.kill('SIGKILL'));
  child.send({ ...rooms.settings });
  await receiver.has(events.length);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  answering = true;
  assert.deepEqual([...held].sort(), [...events].sort());
  assert.ok((await rooms.deliveries()).every(({ state, attempts }) => state === 'due' && attempts === 0));
  rooms.delivery.start();
  await receiver.has(2 * events.length);
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  const again = receiver.received.slice(events.length).map(({ id }) => id);
  assert.deepEqual(again.sort(), [...events].sort());
});

test('a node that stops finishes what is under way, settles it and claims no more', async (t) => {
  const answers: (() => void)[] = [];
  const receiver = await withReceiver(t, (response) => void answers.push(() => response.end()));
  const rooms = await withRooms(t, { limits: { deliveryConcurrency: 4 } });
  await rooms.destination(receiver.url);
  const later = await rooms.node();
  await Promise.all(Array.from({ length: 5 }, () => rooms.receive()));
  rooms.delivery.start();
  await receiver.has(1); // a fourth of the places
  const stopped = rooms.delivery.stop();
  answers[0]?.();
  await stopped;
  const states = (await rooms.deliveries()).map(({ state }) => state).sort();
  assert.deepEqual(states, ['delivered', 'due', 'due', 'due', 'due']);
  later.delivery.start();
  for (let count = 2; count <= 5; count++) {
    await receiver.has(count);
    answers[count - 1]?.();
  }
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  assert.equal(receiver.received.length, 5);
});
