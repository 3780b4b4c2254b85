// Signatures that come again in another order hold up nobody else's: whoever can sign can't make nodes wait for each other in a
// circle, at whose end the database throws out everything that was remembered together. U8; trap "fails closed".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitsWith, randomBytes } from '#base';
import { withAccess } from './access.fixture.ts';
import { createReplays } from './replays.ts';

test('U8 the same signatures at once in opposite orders over two nodes: each is new once, and none fails', async (t) => {
  const installation = await withAccess(t);
  const { clock, environments } = installation;
  const environment = environments.development.id;
  const limits = limitsWith({ replayTimeoutMs: 30_000, replayBatchItemsMax: 4_096 });
  const nodes = [installation, await installation.node()].map(({ store }) =>
    createReplays({ store, limits, clock }),
  );
  t.after(async () => void (await Promise.all(nodes.map((node) => node.stop()))));
  for (let round = 0; round < 4; round++) {
    const signatures = Array.from({ length: 2_000 }, () => ({
      environment,
      mac: randomBytes(32),
      nonce: null,
      expiresMs: clock.now() + 300_000,
    }));
    const isNew = await Promise.all(
      nodes.flatMap((node, at) =>
        (at === 0 ? signatures : signatures.toReversed()).map((signature) => node.isNew(signature)),
      ),
    );
    assert.equal(isNew.filter((one) => one).length, signatures.length);
  }
});
