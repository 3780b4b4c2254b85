// The disk of Postgres is full: webhooks are answered 503 with Retry-After, and the gateway goes on. When there is space again it
// stores and delivers, everything acknowledged before, meanwhile and after is there once, and the log verifies. What Postgres itself does
// on a full disk, refuse a row or end, is its own; whoever supervises it starts it again. K7 U11; invariants 1 and 3.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newId, silentLog, systemClock } from '#base';
import { removeEmbedded } from '#store';
import { startVictim, survive } from './ordeal.harness.ts';

const SIZE_MIB = 512;
const FULL_MS = 2_000;
const BLOCK_BYTES = 1 << 20;

/** Where the embedded server of root has its data: a file system that belongs to it alone, and is small. */
async function smallDisk() {
  const parent = await mkdtemp(join(tmpdir(), 'sallyport-full-'));
  const directory = join(parent, 'postgres');
  const home = join('/var/lib/sallyport', newId('secret', systemClock).slice('sec_'.length));
  await mkdir(home, { recursive: true, mode: 0o711 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=0711`, 'tmpfs', home], {
    stdio: 'pipe',
  });
  await mkdir(directory, { mode: 0o700 });
  await writeFile(join(directory, 'location.json'), `${JSON.stringify({ home, socket: null })}\n`);
  const ballast = join(home, 'ballast');
  return {
    directory,
    /** To the last byte. */
    async fill(): Promise<void> {
      const file = await open(ballast, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
      for (let bytes = BLOCK_BYTES; bytes >= 1; ) {
        const written = await file.write(Buffer.alloc(bytes, 1)).then(
          ({ bytesWritten }) => bytesWritten,
          () => 0,
        );
        if (written === 0) bytes = Math.floor(bytes / 2);
      }
      await file.close();
      assert.equal((await statfs(home)).bavail, 0);
    },
    free: () => rm(ballast),
    async remove(): Promise<void> {
      execFileSync('umount', [home], { stdio: 'pipe' });
      await removeEmbedded({ directory, log: silentLog });
      await rm(parent, { recursive: true, force: true });
    },
  };
}

test('K7 U11: a disk that is full and has space again loses nothing acknowledged', async (t) => {
  const disk = await smallDisk().catch(() => null);
  if (disk === null) {
    t.skip('it takes root, who may mount a tmpfs');
    return;
  }
  const victim = await startVictim(disk.directory);
  t.after(async () => {
    await victim.end();
    await disk.remove();
  });
  const { findings, load, code } = await survive({
    victim,
    seed: 'disk',
    webhooksPerSecond: 120,
    limits: { webhookCommitTimeoutMs: 1_000, poolWaitTimeoutMs: 500 },
    async ordeal({ ready }) {
      await delay(300);
      await disk.fill();
      await delay(FULL_MS);
      await disk.free();
      await victim.restart();
      await ready(true);
      await delay(300);
    },
  });
  assert.deepEqual(findings.problems, []);
  assert.equal(code, 0, 'the gateway did not end well');
  assert.ok(findings.acknowledged > 0);
  assert.equal(findings.delivered, findings.stored);
  assert.equal(load.broken, 0);
  assert.deepEqual(Object.keys(load.refused), ['503'], 'the disk was never full, or the answer was another');
});
