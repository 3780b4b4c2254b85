// A frozen environment takes no webhook and says when to come back, whatever is remembered of its endpoints; a deleted one
// has no endpoints. K3; invariant "Revocation is in force everywhere within one second, or the node asks the database".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, SYSTEM } from '#base';
import { eventBody, signed, withIngest } from './ingest.fixture.ts';

const paused = (fault: unknown): boolean =>
  fault instanceof Fault &&
  fault.code === 'ENVIRONMENT_PAUSED' &&
  fault.status === 503 &&
  fault.retryAfterSeconds !== null;

test('K3 while it is frozen every webhook is answered 503, right or forged, and none is stored', async (t) => {
  // A long memory of endpoints: the freeze must not wait for it.
  const one = await withIngest(t, { limits: { keyCacheMs: 900 } });
  const { environments, environment, endpoint, ingest } = one;
  const webhook = (id: string) => signed(eventBody(id), { endpoint: endpoint.id });
  await ingest.receive(webhook('before'));
  await environments.freeze(environment, SYSTEM);
  while ((await environments.get(environment)).state !== 'frozen') await soon();
  await assert.rejects(ingest.expect({ endpoint: endpoint.id, address: '192.0.2.1' }), paused);
  await assert.rejects(ingest.receive(webhook('within')), paused);
  await assert.rejects(ingest.receive({ ...webhook('within'), body: Buffer.from('forged') }), paused);
  await environments.unfreeze(environment, SYSTEM);
  while ((await environments.get(environment)).state !== 'active') await soon();
  assert.equal((await ingest.receive(webhook('within'))).duplicate, false, 'the repetition is taken');
  assert.equal((await ingest.events.list({ environment, limit: 10 })).items.length, 2);
});

test('K3 another environment goes on, and a deletion that is requested freezes at once', async (t) => {
  const { environments, environment, endpoint, ingest } = await withIngest(t);
  const { name } = await environments.get(environment);
  await environments.requestDeletion(environment, { name }, SYSTEM);
  while ((await environments.get(environment)).state !== 'deleting') await soon();
  await assert.rejects(ingest.expect({ endpoint: endpoint.id, address: '192.0.2.1' }), paused);
});

/** What is waited for has no other sign. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
