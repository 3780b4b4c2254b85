// An act and its entry are kept together or neither is; where the log can't be written the act is refused; what is recorded
// stands in the signed log within a second of its integration. K23 L16 U12; trap "The entry and the act commit together".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEntry, verifyCheckpoint } from '@sallyport/evidence';
import { Fault, INSTALLATION, limitsWith, SYSTEM, systemClock } from '#base';
import { createEnvironments } from '#environments';
import { sqlStateOf } from '#store';
import { act, asOwner, exported, newEnvironment, recorded, verified, withLog } from './audit.fixture.ts';

const unavailable = (fault: unknown): boolean =>
  fault instanceof Fault && fault.code === 'AUDIT_UNAVAILABLE' && fault.retryAfterSeconds !== null;

test('K23 an act that is rolled back leaves no entry, and one that commits has it', async (t) => {
  const { audit, store } = await withLog(t);
  const environment = newEnvironment();
  await assert.rejects(
    store.transaction(environment, async (tx) => {
      await audit.record(tx, environment, act(1));
      throw new Error('of the act');
    }),
    /of the act/,
  );
  assert.equal(await audit.integrate(), 0);
  await store.transaction(environment, (tx) => audit.record(tx, environment, act(2)));
  await audit.integrate();
  const { items } = await audit.entries({ environment, limit: 10, resource: 'key:2' });
  assert.deepEqual(
    items.map(({ entry }) => entry.details),
    [{ number: 2 }],
  );
  assert.deepEqual((await audit.entries({ environment, limit: 10, resource: 'key:1' })).items, []);
});

test('K23 when the entry can not be written the act is refused, also when its work swallows the failure', async (t) => {
  const { audit, store, url } = await withLog(t);
  const environments = createEnvironments({ store, audit, limits: limitsWith(), clock: systemClock });
  await asOwner(url, (client) => client.query('revoke insert on audit_pending from sallyport_runtime'));
  await assert.rejects(environments.createOrganization({ name: 'acme' }, SYSTEM), unavailable);
  assert.deepEqual(await environments.listOrganizations(), []);
  await assert.rejects(audit.note(newEnvironment(), act(1)), unavailable);
  await assert.rejects(
    store.transaction(INSTALLATION, (tx) => audit.record(tx, INSTALLATION, act(1)).catch(() => undefined)),
    (fault) => sqlStateOf(fault) === '42501',
  );
});

test('an entry over its limit is refused, and one over every limit of a text is cut', async (t) => {
  const { audit, limits } = await withLog(t, { limits: { auditDetailsBytesMax: 8_192 } });
  const environment = newEnvironment();
  const filler = 'x'.repeat(limits.auditDetailsBytesMax);
  await assert.rejects(audit.note(environment, act(1, { details: { filler } })), unavailable);
  for (const agent of ['a'.repeat(5_000), '💶'.repeat(1_500), `${'b'.repeat(2_047)}💶`, '\ud800 alone']) {
    await audit.note(environment, act(2, { actor: { ...SYSTEM, agent } }));
  }
  await audit.integrate();
  const { items } = await audit.entries({ environment, limit: 10, action: 'key.created' });
  assert.equal(items.length, 4);
  for (const { entry } of items) assert.ok(entry.agent !== null && entry.agent.length <= 2_048);
  assert.deepEqual((await verified(audit, environment)).problems, []);
});

test('K23 an entry is integrated and signed by the running sequencer, and a note is durable before that', async (t) => {
  const { audit, node, after } = await withLog(t, { limits: { auditIntegrateMs: 50 } });
  const environment = newEnvironment();
  await audit.note(environment, act(1));
  // Another node finds it: it was on disk when `note` resolved.
  const other = await node();
  other.start();
  after(() => other.stop());
  const deadline = performance.now() + 20_000;
  while ((await audit.checkpoint(environment)) === null && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const note = await audit.checkpoint(environment);
  const verdict = verifyCheckpoint(note ?? '', await audit.verifierKey(environment));
  assert.ok(verdict.ok && verdict.size > 0);
});

test('K23 L16 the log of the installation holds organizations and the pepper, integrated and signed', async (t) => {
  const { audit, store, keyring } = await withLog(t);
  const environments = createEnvironments({ store, audit, limits: limitsWith(), clock: systemClock });
  await environments.createOrganization({ name: 'acme' }, SYSTEM);
  await keyring.pepper();
  await audit.integrate();
  const { items } = await audit.entries({ environment: INSTALLATION, limit: 20 });
  const acts = items.map(({ entry }) => `${entry.action} ${entry.resource} ${entry.outcome}`);
  assert.ok(acts.some((text) => text.startsWith('organization.created organization:org_')));
  assert.ok(acts.includes('datakey.created datakey:pepper intent'));
  assert.ok(acts.includes('datakey.created datakey:pepper success'));
  assert.deepEqual((await verified(audit, INSTALLATION)).problems, []);
});

test('K23 no pepper is made when the log can not take its entry', async (t) => {
  const { audit, keyring, url } = await withLog(t);
  await asOwner(url, (client) => client.query('revoke insert on audit_pending from sallyport_runtime'));
  await assert.rejects(keyring.pepper(), unavailable);
  await asOwner(url, (client) => client.query('grant insert on audit_pending to sallyport_runtime'));
  await keyring.pepper();
  await audit.integrate();
  // Made now, and not before: whoever finds a key that is there records no success.
  const { items } = await audit.entries({ environment: INSTALLATION, limit: 20, resource: 'datakey:pepper' });
  assert.deepEqual(items.map(({ entry }) => entry.outcome).toSorted(), ['intent', 'success']);
});

test('U12 the log of an environment in which nothing happened yet exports, signed at size 0', async (t) => {
  const { audit } = await withLog(t);
  const environment = newEnvironment();
  const lines = await exported(audit, environment);
  assert.match(lines[0] ?? '', /"size":0/);
  const report = await verified(audit, environment);
  assert.deepEqual(report.problems, []);
  assert.equal(report.checkpoints, 1);
  // The verifier keeps it, and it still holds when the log has grown.
  const known = [(JSON.parse(lines[1] ?? '{}') as { note: string }).note];
  await recorded(audit, environment, 3);
  assert.deepEqual((await verified(audit, environment, known)).problems, []);
});

test('U12 an export taken while the log grows verifies, up to the checkpoint it began with', async (t) => {
  const { audit } = await withLog(t);
  const environment = newEnvironment();
  for (let number = 0; number < 40; number += 1) await audit.note(environment, act(number));
  await audit.integrate();
  const done = new AbortController();
  const writing = (async () => {
    for (let number = 100; !done.signal.aborted; number += 1) {
      await audit.note(environment, act(number));
      await audit.integrate();
    }
  })();
  for (let times = 0; times < 5; times += 1) {
    assert.deepEqual((await verified(audit, environment)).problems, []);
  }
  done.abort();
  await writing;
});

test('pages go from the newest entry to the oldest, and filter', async (t) => {
  const { audit } = await withLog(t);
  const environment = newEnvironment();
  await recorded(audit, environment, 25);
  const seen: number[] = [];
  for (let after: number | undefined; ; ) {
    const page = await audit.entries({ environment, after, limit: 10 });
    seen.push(...page.items.map(({ index }) => index));
    if (page.next === null) break;
    after = page.next;
  }
  assert.deepEqual(
    seen,
    seen.map((_, at) => seen.length - 1 - at),
  );
  assert.ok(seen.length >= 25);
  const filtered = await audit.entries({ environment, limit: 5, action: 'key.created', resource: 'key:7' });
  assert.deepEqual(
    filtered.items.map(({ entry }) => entry.details),
    [{ number: 7 }],
  );
  assert.deepEqual((await audit.entries({ environment: newEnvironment(), limit: 5 })).items, []);
});

test('when the log can not be extended, acts go on being recorded, and it catches up', async (t) => {
  const { audit, url } = await withLog(t);
  const environment = newEnvironment();
  await recorded(audit, environment, 1);
  await asOwner(url, (client) => client.query('revoke insert on audit_entries from sallyport_system'));
  await audit.note(environment, act(2));
  await assert.rejects(audit.integrate());
  await asOwner(url, (client) => client.query('grant insert on audit_entries to sallyport_system'));
  await audit.integrate();
  const lines = await exported(audit, environment);
  const numbers = lines
    .filter((line) => line.startsWith('{"type":"entry"'))
    .map((line) => parseEntry(Buffer.from((JSON.parse(line) as { entry: string }).entry, 'base64')))
    .filter(({ action }) => action === 'key.created')
    .map(({ details }) => details['number']);
  assert.deepEqual(numbers, [0, 2]);
});
