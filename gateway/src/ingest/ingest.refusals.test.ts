// Whatever is not authentic is refused, and recorded with its reason before the answer leaves: one by one, or in a flood
// that makes few entries and misses none. What is too much is put off, never lost. U11 L12 P12; traps "Verifying".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, type FaultCode, newId, SYSTEM, systemClock } from '#base';
import { asOwner, eventBody, logged, signed, withIngest } from './ingest.fixture.ts';

const is = (code: FaultCode) => (fault: unknown) => fault instanceof Fault && fault.code === code;

test('L12 a forgery is refused and in the log with its reason, address and endpoint, and nothing of what it carried', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest } = one;
  const forged = signed('{"id":"carried-by-a-forgery"}', {
    endpoint: endpoint.id,
    secret: 'not-the-secret-0123456789',
    address: '198.51.100.7',
  });
  await assert.rejects(ingest.receive(forged), is('WEBHOOK_REFUSED'));
  await assert.rejects(ingest.receive({ ...forged, rawHeaders: [] }), is('WEBHOOK_REFUSED'));
  const entries = await logged(one, environment, 'webhook.refused');
  assert.deepEqual(
    entries.map(({ details, address, outcome, resource }) => [details['reason'], address, outcome, resource]),
    [
      ['signature-mismatch', '198.51.100.7', 'refused', `endpoint:${endpoint.id}`],
      ['signature-missing', '198.51.100.7', 'refused', `endpoint:${endpoint.id}`],
    ],
  );
  assert.ok(!JSON.stringify(entries).includes('carried-by-a-forgery'));
  assert.equal((await ingest.events.list({ environment, limit: 5 })).items.length, 0);
});

test('L12 a flood of forgeries makes few entries, and each refusal is counted in one', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest } = one;
  await ingest.receive(signed(eventBody('warm'), { endpoint: endpoint.id }));
  const flood = Array.from({ length: 900 }, (_, at) => {
    const webhook = signed(eventBody(`f${at}`), {
      endpoint: endpoint.id,
      secret: 'not-the-secret-0123456789',
      address: `198.51.100.${at % 50}`,
    });
    const rawHeaders = at % 3 === 0 ? [] : at % 3 === 1 ? ['Koywe-Signature', 'zz'] : webhook.rawHeaders;
    return ingest.receive({ ...webhook, rawHeaders });
  });
  const good = ingest.receive(signed(eventBody('good'), { endpoint: endpoint.id }));
  for (const result of await Promise.allSettled(flood)) {
    assert.ok(result.status === 'rejected' && is('WEBHOOK_REFUSED')(result.reason));
  }
  assert.equal((await good).duplicate, false);
  const entries = await logged(one, environment, 'webhook.refused');
  const counts = new Map<string, number>();
  for (const { details } of entries) {
    const reason = String(details['reason']);
    counts.set(reason, (counts.get(reason) ?? 0) + Number(details['count']));
    assert.ok(Array.isArray(details['addresses']) && details['addresses'].length <= 10);
  }
  assert.deepEqual([...counts].toSorted(), [
    ['signature-malformed', 300],
    ['signature-mismatch', 300],
    ['signature-missing', 300],
  ]);
  assert.ok(entries.length < 60, `${entries.length} entries`);
});

test('L12 a refusal that can not be recorded is not answered as one', async (t) => {
  const { endpoint, ingest, url } = await withIngest(t);
  await asOwner(url, (client) => client.query('revoke insert on audit_pending from sallyport_runtime'));
  const forged = signed('x', { endpoint: endpoint.id, secret: 'not-the-secret-0123456789' });
  await assert.rejects(ingest.receive(forged), is('AUDIT_UNAVAILABLE'));
});

test('a full queue is answered BUSY at once, and what was accepted is stored', async (t) => {
  const one = await withIngest(t, { limits: { webhookBatchItemsMax: 2, webhookQueueItemsMax: 4 } });
  const { environment, endpoint, ingest, url } = one;
  await ingest.receive(signed(eventBody('warm'), { endpoint: endpoint.id }));
  const answers = await asOwner(url, async (client) => {
    await client.query('begin; lock table event_keys in access exclusive mode');
    const under = Array.from({ length: 30 }, (_, at) =>
      ingest.receive(signed(eventBody(`q${at}`), { endpoint: endpoint.id })),
    );
    const busy = under.map((answer) => answer.then(() => false, is('BUSY')));
    // Flushes of two and a queue of four: most are answered while nothing moves.
    let refused = 0;
    await new Promise<void>((resolve) => {
      for (const answer of busy) {
        answer.then((isBusy) => {
          refused += isBusy ? 1 : 0;
          if (refused === 20) resolve();
        }, resolve);
      }
    });
    await client.query('rollback');
    return Promise.allSettled(under);
  });
  const stored = answers.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(stored >= 4 && stored <= 10);
  for (const answer of answers) assert.ok(answer.status === 'fulfilled' || is('BUSY')(answer.reason));
  assert.equal((await ingest.events.list({ environment, limit: 100 })).items.length, 1 + stored);
});

test('a paused endpoint puts off what comes and takes it again when it is resumed; an unknown one is not there', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest } = one;
  const webhook = signed(eventBody('a'), { endpoint: endpoint.id });
  const view = await ingest.endpoints.change({ environment, endpoint: endpoint.id, state: 'paused' }, SYSTEM);
  assert.equal(view.state, 'paused');
  await assert.rejects(
    ingest.receive(webhook),
    (fault) => is('ENDPOINT_PAUSED')(fault) && fault instanceof Fault && fault.retryAfterSeconds === 60,
  );
  await ingest.endpoints.change({ environment, endpoint: endpoint.id, state: 'active' }, SYSTEM);
  assert.equal((await ingest.receive(webhook)).duplicate, false);
  const entries = await logged(one, environment, 'endpoint.changed');
  assert.deepEqual(
    entries.map(({ details }) => details),
    [
      { changed: 'state', value: 'paused' },
      { changed: 'state', value: 'active' },
    ],
  );
  const unknown = newId('endpoint', systemClock);
  await assert.rejects(ingest.receive({ ...webhook, endpoint: unknown }), is('ENDPOINT_NOT_FOUND'));
  await assert.rejects(
    ingest.endpoints.get({ environment: newId('environment', systemClock), endpoint: endpoint.id }),
    is('ENDPOINT_NOT_FOUND'),
  );
});
