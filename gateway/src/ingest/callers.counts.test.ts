// It is known who called an endpoint in the last day and with what success, by all nodes together; no webhook waits for a
// write of it, and whoever knows the address of an endpoint can't fill memory, table, or the place of others. U7 L12 L8.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, Fault, systemClock } from '#base';
import { eventBody, rowsOf, signed, withIngest } from './ingest.fixture.ts';

const DAY_MS = 86_400_000;
const FORGED = 'not-the-secret-0123456789';

test('U7 callers are counted by address and outcome over nodes, exactly, and a list is tried on them', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest, url } = one;
  const other = await one.node();
  const target = { environment, endpoint: endpoint.id };
  const send = (to: typeof ingest, address: string, secret?: string) =>
    to
      .receive(
        signed(eventBody(address), {
          endpoint: endpoint.id,
          address,
          ...(secret === undefined ? {} : { secret }),
        }),
      )
      .catch((fault: unknown) => assert.ok(fault instanceof Fault && fault.code === 'WEBHOOK_REFUSED'));
  for (let at = 0; at < 3; at++) await send(ingest, '192.0.2.1');
  for (let at = 0; at < 2; at++) await send(other.ingest, '192.0.2.1');
  await send(other.ingest, '2001:db8::7');
  await send(ingest, '192.0.2.1', FORGED);
  await send(ingest, '203.0.113.9', FORGED);
  assert.deepEqual(await rowsOf(url, environment, 'select from endpoint_callers'), []);
  await other.ingest.callers.flush();
  const callers = await ingest.callers.list({ ...target, sinceMs: Date.now() - DAY_MS });
  assert.deepEqual(
    callers.map(({ address, outcome, webhooks }) => `${webhooks} ${outcome} ${address}`).toSorted(),
    ['1 refused 192.0.2.1', '1 refused 203.0.113.9', '1 verified 2001:db8::7', '5 verified 192.0.2.1'],
  );
  assert.ok(callers.every(({ firstAtMs, lastAtMs }) => firstAtMs <= lastAtMs));

  const trial = await ingest.callers.tryAddresses({ ...target, allowedAddresses: ['192.0.2.0/24'] });
  assert.equal(trial.passing, 6);
  assert.deepEqual(
    [trial.refused.verified, trial.refused.unverified].map((some) => some.map(({ address }) => address)),
    [['2001:db8::7'], ['203.0.113.9']],
  );
  const open = await ingest.callers.tryAddresses({ ...target, allowedAddresses: [] });
  assert.deepEqual(open, { passing: 8, refused: { verified: [], unverified: [] } });
  const later = await ingest.callers.list({ ...target, sinceMs: Date.now() + DAY_MS });
  assert.deepEqual(later, []);
});

test('forgers without end are counted together, and crowd out nobody whose webhooks are verified', async (t) => {
  const one = await withIngest(t, { limits: { endpointCallersItemsMax: 700, refusalWindowMs: 100 } });
  const { environment, endpoint, ingest, url } = one;
  const forge = (from: number) =>
    Promise.allSettled(
      Array.from({ length: 800 }, (_, at) =>
        ingest.receive(
          signed('x', {
            endpoint: endpoint.id,
            secret: FORGED,
            address: `2001:db8::${(from + at).toString(16)}`,
          }),
        ),
      ),
    );
  for (const from of [0, 800, 1_600]) {
    await forge(from);
    await ingest.callers.flush();
  }
  await forge(2_400);
  await ingest.receive(signed(eventBody('a'), { endpoint: endpoint.id, address: '192.0.2.1' }));
  await ingest.callers.flush();
  const rows = await rowsOf(
    url,
    environment,
    `select outcome, count(*)::int as addresses, sum(webhooks)::int as webhooks,
       count(*) filter (where address = 'others')::int as others
     from endpoint_callers group by outcome order by outcome`,
  );
  assert.deepEqual(rows, [
    { outcome: 'refused', addresses: 1_000, webhooks: 3_200, others: 1 },
    { outcome: 'verified', addresses: 1, webhooks: 1, others: 0 },
  ]);
});

test('L8 it is forgotten after endpointCallersKeptSeconds who called', async (t) => {
  let ahead = 0;
  const clock: Clock = { now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() };
  const one = await withIngest(t, { clock });
  const { environment, endpoint, ingest, limits } = one;
  for (const id of ['a', 'b']) {
    await ingest.receive(signed(eventBody(id), { endpoint: endpoint.id }));
    await ingest.callers.flush();
    ahead += 20 * DAY_MS;
  }
  assert.equal(await ingest.callers.sweep(), 1);
  assert.equal((await ingest.callers.list({ environment, endpoint: endpoint.id, sinceMs: 0 })).length, 1);
  ahead += limits.endpointCallersKeptSeconds * 1_000;
  assert.equal(await ingest.callers.sweep(), 1);
});
