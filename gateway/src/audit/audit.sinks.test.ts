// A sink that hangs, fails or is slow stops nothing and delays nobody; it gets the newest checkpoint as soon as it works
// again. K23; trap "A hanging sink must not stop the world".
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyCheckpoint } from '@sallyport/evidence';
import { type CheckpointSink, fileCheckpointSink } from '#audit';
import { type Log, silentLog } from '#base';
import {
  act,
  memorySink,
  newEnvironment,
  recorded,
  temporaryFolder,
  verified,
  withLog,
} from './audit.fixture.ts';
import { createPublisher } from './sinks.ts';

test('K23 a sink that hangs without heeding its signal delays neither acts, the log, the others nor the end', async (t) => {
  const hanging: CheckpointSink = { name: 'hanging', keep: () => new Promise(() => undefined) };
  const other = memorySink();
  const { audit } = await withLog(t, { sinks: [hanging, other], limits: { auditSinkTimeoutMs: 100 } });
  const environment = newEnvironment();
  for (let number = 0; number < 3; number += 1) await recorded(audit, environment, 2);
  assert.deepEqual((await verified(audit, environment)).problems, []);
  await audit.stop();
  assert.ok(other.notes.some((note) => note.includes(environment)));
});

test('K23 a sink that fails is alarmed about, and gets the newest checkpoint of each environment when it works again', async (t) => {
  let failing = true;
  const kept = new Map<string, string>();
  const sink: CheckpointSink = {
    name: 'flaky',
    async keep(environment, note) {
      if (failing) throw new Error('disk full');
      kept.set(environment, note);
    },
  };
  const alarms: string[] = [];
  const log: Log = { ...silentLog, error: (message) => alarms.push(message) };
  const { audit } = await withLog(t, { sinks: [sink], log });
  const [one, two] = [newEnvironment(), newEnvironment()];
  await recorded(audit, one, 2);
  await recorded(audit, two, 2);
  failing = false;
  await audit.note(two, act(9));
  await audit.integrate();
  await audit.stop();
  assert.ok(alarms.length > 0);
  for (const environment of [one, two]) {
    assert.equal(kept.get(environment), await audit.checkpoint(environment));
  }
});

test('no note is left lying, at whatever moment around the end of a run it comes', async () => {
  const ticks = async (count: number): Promise<void> => {
    for (let tick = 0; tick < count; tick += 1) await Promise.resolve();
  };
  for (let moment = 0; moment < 40; moment += 1) {
    const kept: string[] = [];
    const first = Promise.withResolvers<void>();
    const sink: CheckpointSink = {
      name: 'stepwise',
      async keep(_environment, note) {
        if (note === 'first') await first.promise;
        kept.push(note);
      },
    };
    const publisher = createPublisher({ sinks: [sink], timeoutMs: 60_000, log: silentLog });
    const environment = newEnvironment();
    publisher.publish(environment, 'first');
    await ticks(20);
    first.resolve();
    await ticks(moment);
    publisher.publish(environment, 'second');
    await ticks(100);
    assert.deepEqual(kept, ['first', 'second'], `at moment ${moment}`);
  }
});

test('L16 the file sink keeps every checkpoint and the newest one apart, for its owner alone', async (t) => {
  const directory = join(await temporaryFolder(t), 'checkpoints');
  const { audit } = await withLog(t, { sinks: [fileCheckpointSink({ directory })] });
  const environment = newEnvironment();
  for (let number = 0; number < 3; number += 1) await recorded(audit, environment, 1);
  await audit.stop();
  const newest = await readFile(join(directory, `${environment}.checkpoint`), 'utf8');
  assert.equal(newest, await audit.checkpoint(environment));
  assert.ok(verifyCheckpoint(newest, await audit.verifierKey(environment)).ok);
  const all = await readFile(join(directory, `${environment}.log`), 'utf8');
  assert.ok(all.endsWith(`${newest}\n`));
  for (const [path, mode] of [
    [directory, 0o700],
    [join(directory, `${environment}.log`), 0o600],
    [join(directory, `${environment}.checkpoint`), 0o600],
  ] as const) {
    assert.equal((await stat(path)).mode & 0o777, mode);
  }
});
