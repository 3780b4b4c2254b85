// Postgres is gone for a minute, under load, with the limits that a gateway has unless it is told otherwise: once its processes are killed
// and connections refused, once they hang, so that connections stay open and nothing is answered. Webhooks, own events and calls out
// come in all the while; none is taken that can't be kept. K7 U11; invariants 1, 3, 4 and 7.
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { limitsWith } from '#base';
import { loadChild } from './child.harness.ts';
import { startVictim, stateFolder, type Victim } from './ordeal.harness.ts';
import type { Tally } from './pressure.ts';
import { setUp } from './setup.harness.ts';
import { type Endured, siege } from './siege.harness.ts';

const LIMITS = limitsWith();
const AWAY_MS = 60_000;
const PER_SECOND = { webhook: 20, own: 4, call: 4 };
/** A Postgres that is silent is found to be; the rest is a busy machine's. */
const SILENT_MS = LIMITS.databaseSilentMs;
const MARGIN_MS = 4_000;
/** The feed is tried at least every second, and a connection being made gets `poolWaitTimeoutMs`. */
const BACK_MS = 1_000 + LIMITS.poolWaitTimeoutMs;
const MEMORY_MIB_MAX = 100;
/** Requests that were put off share lines: one a second for each of three routes. Tasks back off up to ten seconds. */
const LINES_PER_SECOND_MAX = 3 + 4;

suite('K7 U11: Postgres is gone for a minute under load', { concurrency: true }, () => {
  test('killed: senders get 503 at once, no call leaves, and the gateway comes back by itself', async (t) => {
    await assertEndured(t, (victim) => ({ strike: victim.kill, relieve: victim.restart, answeredMs: 0 }));
  });
  test('hanging: senders get 503 in bounded time, no call leaves, and the gateway comes back by itself', async (t) => {
    await assertEndured(t, (victim) => ({
      strike: victim.freeze,
      relieve: victim.thaw,
      answeredMs: SILENT_MS,
    }));
  });
  test('told to stop while Postgres hangs, the gateway ends in bounded time, and not as if all were well', async (t) => {
    const victim = await withVictim(t);
    const setup = await setUp(victim.url, 'default', false);
    const errors = await open(join(setup.directory, 'errors.log'), 'a', 0o600);
    const child = loadChild({ file: setup.file, cache: join(setup.directory, 'cache'), errors: errors.fd });
    try {
      await child.start();
      await victim.freeze();
      const from = performance.now();
      assert.equal(await child.stop(), 1, 'its log was not signed a last time, and it should say so');
      const tookMs = performance.now() - from;
      assert.ok(tookMs < LIMITS.shutdownTimeoutMs + SILENT_MS + MARGIN_MS, `it took ${tookMs} ms`);
    } finally {
      child.kill();
      await child.exited;
      await errors.close();
      await setup.remove();
    }
  });
});

async function withVictim(t: TestContext): Promise<Victim> {
  const { directory, remove } = await stateFolder();
  const victim = await startVictim(directory);
  t.after(async () => {
    await victim.thaw();
    await victim.end();
    await remove();
  });
  return victim;
}

interface Ordeal {
  readonly strike: () => Promise<void>;
  readonly relieve: () => Promise<void>;
  /** Within which every sender has an answer. */
  readonly answeredMs: number;
}

async function assertEndured(t: TestContext, ordealOf: (victim: Victim) => Ordeal): Promise<void> {
  const victim = await withVictim(t);
  const { answeredMs, ...ordeal } = ordealOf(victim);
  const endured = await siege({
    victim,
    seed: t.name.slice(0, 4),
    awayMs: AWAY_MS,
    perSecond: PER_SECOND,
    ...ordeal,
  });
  assertAnswered(endured, answeredMs + MARGIN_MS);
  assertSaidSo(endured, answeredMs + MARGIN_MS);
  assertBounded(endured);
  assertNothingLost(endured);
}

/** Every sender, with what it can rely on; nothing was said to be done. */
function assertAnswered({ pressure }: Endured, withinMs: number): void {
  const tallies = new Map(pressure.tallies);
  for (const kind of ['webhook', 'own', 'call'] as const) {
    const away = tallies.get(`${kind} away`);
    assert.ok(
      away !== undefined && countOf(away) > (AWAY_MS / 1_000) * (PER_SECOND[kind] / 2),
      `no ${kind} was sent`,
    );
    assert.deepEqual(
      Object.keys(away.answers).filter((answer) => !REFUSALS.has(answer)),
      [],
      kind,
    );
    assert.ok(away.slowestMs < withinMs, `a ${kind} waited for ${away.slowestMs} ms`);
    for (const [phase, { answers }] of tallies)
      if (phase.startsWith(kind))
        assert.equal(answers['nothing'], undefined, `${phase} was left without an answer`);
    assert.ok((tallies.get(`${kind} back`)?.answers['200'] ?? 0) > 0, `no ${kind} was taken afterwards`);
  }
}

/** Status and code, all with `Retry-After`. */
const REFUSALS: ReadonlySet<string> = new Set(['503 STORE_UNAVAILABLE', '503 BUSY', '503 AUDIT_UNAVAILABLE']);

function countOf({ answers }: Tally): number {
  return Object.values(answers).reduce((sum, count) => sum + count, 0);
}

/** The process lives and says so, and says that it is not ready for as long as it is not. */
function assertSaidSo({ liveStatuses, probeMs, readyMs }: Endured, withinMs: number): void {
  assert.deepEqual(liveStatuses, [200]);
  assert.ok(probeMs.live < MARGIN_MS, `/livez took ${probeMs.live} ms`);
  assert.ok(probeMs.ready < withinMs, `/readyz took ${probeMs.ready} ms`);
  assert.ok(readyMs.lost < withinMs, `/readyz was 200 for ${readyMs.lost} ms without Postgres`);
  assert.ok(readyMs.back < BACK_MS + MARGIN_MS, `/readyz was not 200 for ${readyMs.back} ms with Postgres`);
}

function assertBounded({ rssMib, lines }: Endured): void {
  assert.ok(rssMib.most - rssMib.before < MEMORY_MIB_MAX, `memory: ${JSON.stringify(rssMib)} MiB`);
  assert.ok(lines.length < LINES_PER_SECOND_MAX * (AWAY_MS / 1_000), `${lines.length} lines`);
}

function assertNothingLost({ findings, reached, code }: Endured): void {
  assert.deepEqual(findings.problems, []);
  assert.equal(findings.delivered, findings.stored);
  assert.ok(findings.acknowledged > 0);
  assert.deepEqual(reached, { whileAway: [], unlogged: [] });
  assert.equal(code, 0, 'the gateway did not end well');
}
