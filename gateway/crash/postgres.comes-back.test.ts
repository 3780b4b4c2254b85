// Postgres is killed under load, and stays away: the gateway goes on. Senders get 503 with Retry-After and are never left without an
// answer, its queues stay as long as they may be, and when the database is back it comes back by itself. Everything it
// acknowledged is stored once, delivered, and in the log. K7 U11; trap "Delivering"; invariants 1, 3 and 7.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Survived, startVictim, stateFolder, survive, type World } from './ordeal.harness.ts';

/** So small that a queue that grows while nobody empties it shows at once. */
const LIMITS = {
  webhookQueueItemsMax: 16,
  webhookBatchItemsMax: 4,
  webhookCommitTimeoutMs: 500,
  poolWaitTimeoutMs: 250,
};
/** Long enough that every webhook under way meets its time limit, and several times so. */
const AWAY_MS = 1_500;

test('K7 U11: Postgres is killed twice under load, and gone for longer than everybody waits: nothing acknowledged is lost', async (t) => {
  const { directory, remove } = await stateFolder();
  const victim = await startVictim(directory);
  t.after(async () => {
    await victim.end();
    await remove();
  });
  const survived = await survive({
    victim,
    seed: 'postgres',
    webhooksPerSecond: 150,
    limits: LIMITS,
    async ordeal({ ready }: World) {
      for (const awayMs of [0, AWAY_MS]) {
        await delay(300); // some are under way
        await victim.kill();
        await delay(awayMs);
        if (awayMs > 0) await ready(false);
        await victim.restart();
        await ready(true);
      }
    },
  });
  assertNothingLost(survived);
});

function assertNothingLost({ findings, load, code }: Survived): void {
  assert.deepEqual(findings.problems, []);
  assert.equal(code, 0, 'the gateway did not end well');
  assert.ok(findings.acknowledged > 0 && findings.stored >= findings.acknowledged);
  assert.equal(findings.delivered, findings.stored);
  // Every sender was answered: with 503, and with when to come back.
  assert.equal(load.broken, 0);
  assert.deepEqual(Object.keys(load.refused), ['503']);
}
