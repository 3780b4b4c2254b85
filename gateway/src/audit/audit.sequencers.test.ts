// However many nodes integrate at once, a log has one tree: no entry is lost, doubled or moved, and no checkpoint contradicts
// another. One environment whose log is broken holds up no other; silence is signed as well. K23 L16; trap "heartbeats".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyCheckpoint } from '@sallyport/evidence';
import { type Clock, systemClock } from '#base';
import {
  act,
  asOwner,
  exported,
  memorySink,
  newEnvironment,
  recorded,
  verified,
  withLog,
} from './audit.fixture.ts';

test('K23 two nodes that integrate a new log at the same moment do not fork it', async (t) => {
  const { audit, node } = await withLog(t);
  const other = await node();
  for (let round = 0; round < 8; round += 1) {
    const environment = newEnvironment();
    await Promise.all(Array.from({ length: 20 }, (_, number) => audit.note(environment, act(number))));
    const later = other.note(environment, act(99));
    await Promise.all([audit.integrate(), other.integrate(), audit.integrate(), other.integrate(), later]);
    await audit.integrate();
    const report = await verified(audit, environment);
    assert.deepEqual(report.problems, []);
    assert.ok(report.entries >= 21);
  }
});

test('K23 two sequencers under load keep every entry once, in a tree that each published checkpoint fits', async (t) => {
  const sinks = [memorySink(), memorySink()] as const;
  const limits = { auditIntegrateMs: 50, auditIntegrateItemsMax: 16 };
  const { audit, node } = await withLog(t, { sinks: [sinks[0]], limits });
  const other = await node({ sinks: [sinks[1]] });
  const environment = newEnvironment();
  for (const one of [audit, other]) one.start();
  const writers = [audit, other].map(async (one, writer) => {
    for (let number = 0; number < 150; number += 1) {
      await one.note(environment, act(writer * 1_000 + number));
      if (number % 20 === 0) await one.integrate();
    }
  });
  await Promise.all(writers);
  await Promise.all([audit.stop(), other.stop()]);
  await audit.integrate();
  const published = [...sinks[0].notes, ...sinks[1].notes].filter((note) => note.includes(environment));
  assert.ok(published.length > 2);
  const report = await verified(audit, environment, published);
  assert.deepEqual(report.problems, []);
  const { items } = await audit.entries({ environment, limit: 1_000, action: 'key.created' });
  const numbers = items.map(({ entry }) => Number(entry.details['number']));
  assert.equal(numbers.length, 300);
  assert.equal(new Set(numbers).size, 300);
});

test('what a node of the version before wrote gets its place, and is found by action and resource', async (t) => {
  const { audit, url } = await withLog(t);
  const environment = newEnvironment();
  await audit.note(environment, act(1));
  await audit.note(environment, act(2, { resource: null }));
  await asOwner(url, async (client) => {
    await client.query('alter table audit_pending no force row level security');
    await client.query('update audit_pending set action = null, resource = null');
    await client.query('alter table audit_pending force row level security');
  });
  await audit.integrate();
  assert.deepEqual((await verified(audit, environment)).problems, []);
  const of = async (by: { action?: string; resource?: string }) =>
    new Set((await audit.entries({ environment, limit: 9, ...by })).items.map(({ entry }) => entry.resource));
  assert.deepEqual(await of({ action: 'key.created' }), new Set([null, 'key:1']));
  assert.deepEqual(await of({ resource: 'key:1' }), new Set(['key:1']));
});

test('K23 entries keep their bytes on the way into the tree, whatever their details say', async (t) => {
  const { audit } = await withLog(t);
  const environment = newEnvironment();
  const texts = ['\u0000', '\\u0000', '\u001b[2J', '"\\', '\u2028', '💶', 'x'.repeat(9_000)];
  for (const [number, text] of texts.entries())
    await audit.note(environment, act(number, { details: { text } }));
  await audit.integrate();
  assert.deepEqual((await verified(audit, environment)).problems, []);
  const { items } = await audit.entries({ environment, limit: 20, action: 'key.created' });
  // Of one millisecond they stand in no order.
  assert.deepEqual(new Set(items.map(({ entry }) => entry.details['text'])), new Set(texts));
});

test('a log that can not be extended holds up no other', async (t) => {
  const { audit, url } = await withLog(t);
  // Environments are taken in order; the broken one comes first.
  const [first, second] = [newEnvironment(), newEnvironment()].toSorted();
  assert.ok(first !== undefined && second !== undefined);
  await recorded(audit, first, 1);
  await asOwner(url, async (client) => {
    await client.query('alter table audit_trees no force row level security');
    await client.query(`update audit_trees set frontier = '\\x00' where environment_id = $1`, [first]);
    await client.query('alter table audit_trees force row level security');
  });
  await audit.note(first, act(1));
  await audit.note(second, act(2));
  await assert.rejects(audit.integrate());
  assert.ok((await audit.entries({ environment: second, limit: 5, resource: 'key:2' })).items.length === 1);
});

test('without new entries the head is signed anew, so that silence can be told from a dead log', async (t) => {
  const sink = memorySink();
  let ahead = 0;
  const clock: Clock = { now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() };
  const { audit, limits } = await withLog(t, { sinks: [sink], clock });
  const environment = newEnvironment();
  await recorded(audit, environment, 2);
  await audit.integrate();
  const own = () => sink.notes.filter((note) => note.includes(environment));
  const before = own().length;
  ahead = limits.auditHeartbeatMs + 1_000;
  await audit.integrate();
  assert.equal(own().length, before + 1);
  const key = await audit.verifierKey(environment);
  const [last, previous] = [
    verifyCheckpoint(own().at(-1) ?? '', key),
    verifyCheckpoint(own().at(-2) ?? '', key),
  ];
  assert.ok(last.ok && previous.ok);
  assert.deepEqual(last.root, previous.root);
  assert.ok((last.time ?? '') > (previous.time ?? ''));
});

test('a node whose clock was ahead does not silence the log', async (t) => {
  const hour = 3_600_000;
  const fast: Clock = { now: () => systemClock.now() + hour, monotonic: () => systemClock.monotonic() };
  const { audit, node, after } = await withLog(t, { clock: fast, limits: { auditIntegrateMs: 50 } });
  const environment = newEnvironment();
  await recorded(audit, environment, 1);
  const signed = (await exported(audit, environment)).length;
  const right = await node({ clock: systemClock });
  await right.note(environment, act(2));
  right.start();
  after(() => right.stop());
  const deadline = performance.now() + 20_000;
  while ((await exported(right, environment)).length === signed && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok((await exported(right, environment)).length > signed);
});
