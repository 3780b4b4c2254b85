// So many replays at once and no more: each is work. Invariant "Every queue has a limit".
import { test } from 'node:test';
import { Client } from 'pg';
import { LIMITS, openSecretText } from '#base';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { newReplay } from '../objects.fixture.ts';

const { databaseUrl, environment } = await sharedGateway();

test('409 CONFLICT while as many as there may be are under way', async () => {
  const client = new Client(openSecretText(databaseUrl));
  await client.connect();
  try {
    await client.query(`set role sallyport_runtime; set sallyport.environment = '${environment}'`);
    await client.query(
      `insert into sallyport.event_replays (environment_id, id, state, query, created_at, changed_at)
       select '${environment}', 'rpl_' || lpad(n::text, 26, '0'), 'running', '{"fromMs":0,"toMs":1,"only":"all"}', now(), now()
       from generate_series(1, ${LIMITS.eventReplaysMax.value}) n`,
    );
    // None of them goes on while its row is held.
    await client.query(`begin; select from sallyport.event_replays where state = 'running' for update`);
    assertProblem(await newReplay({}), 'CONFLICT');
  } finally {
    await client.query(
      `update sallyport.event_replays set state = 'canceled' where state = 'running'; commit`,
    );
    await client.end();
  }
});
