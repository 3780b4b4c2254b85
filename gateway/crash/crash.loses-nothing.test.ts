// Whenever a gateway is killed (under load, while it starts, while it stops, with its database or without), every event it
// acknowledged, webhook or own, is stored exactly once and delivered at least once under the same id, nothing is delivered that is not
// stored, the log verifies and names each event once, and no process, lock or transaction is left behind. A replay by a filter
// that was under way chooses each of its events once. Who pulls sees every event, and nothing again that was acknowledged.
// K7 U11 K23; traps "Delivering", "Audit". A thousand kills: `node gateway/crash/campaign.ts --kills 1000`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withEmptyDatabase } from '#test/database';
import { type CampaignResult, runCampaign } from './run.harness.ts';

const LOAD = { webhooksPerSecond: 80, loadMsMax: 700 };

test('K7 U11 K23: 12 kills of a gateway and its embedded database lose nothing acknowledged', async () => {
  const result = await runCampaign({
    kills: 12,
    seed: 'embedded',
    database: 'embedded',
    postgresEvery: 4,
    ...LOAD,
  });
  assertNothingLost(result);
  assert.equal(result.postgresKills, 3);
});

test('K7 U11 K23: 8 kills of a gateway beside a database that lives on lose nothing acknowledged', async (t) => {
  const database = await withEmptyDatabase(t);
  assertNothingLost(await runCampaign({ kills: 8, seed: 'beside', database, postgresEvery: 4, ...LOAD }));
});

function assertNothingLost({ findings, leftovers, load, pull, replaysBegun }: CampaignResult): void {
  assert.deepEqual(findings.problems, []);
  assert.deepEqual(leftovers, []);
  // A campaign in which nothing happened proves nothing.
  assert.ok(findings.acknowledged > 0 && findings.stored >= findings.acknowledged);
  assert.equal(findings.delivered, findings.stored);
  assert.ok(load.acknowledged.length > 0 && load.own.length > 0);
  assert.ok(replaysBegun > 0 && findings.replays > replaysBegun && findings.replayed > 0);
  assert.ok(pull.acknowledged >= findings.stored);
  assert.ok(findings.entries > 0 && findings.checkpoints > 0);
}
