// An endpoint with an allowlist takes webhooks from those addresses alone, IPv4 and IPv6, however an address is written; who
// is refused learns nothing, is in the log, and never got to send a body. Nobody loses a sender that works by accident.
// K14 U7 L12 Q15 K8; traps "canonicalise ::ffff:", "Lockout".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, Fault, type FaultCode, Secret, SYSTEM, systemClock } from '#base';
import { eventBody, logged, SECRET, signed, type TestIngest, withIngest } from './ingest.fixture.ts';

const is = (code: FaultCode) => (fault: unknown) => fault instanceof Fault && fault.code === code;
const QUICK = { refusalWindowMs: 100 };
const HOUR_MS = 3_600_000;

/** A clock that a test moves. */
function movedClock(): Clock & { forward(ms: number): void } {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    forward: (ms) => void (ahead += ms),
  };
}

function allow({ ingest, environment, endpoint }: TestIngest, allowedAddresses: readonly string[]) {
  return ingest.endpoints.change({ environment, endpoint: endpoint.id, allowedAddresses }, SYSTEM);
}

test('K14 U7 L12 Q15 only addresses of its ranges get to send a body, and an empty list lets everybody', async (t) => {
  const one = await withIngest(t, { limits: QUICK });
  const { environment, endpoint, ingest } = one;
  const at = (address: string) => ({ endpoint: endpoint.id, address });
  for (const address of ['203.0.113.9', '2001:db8:ffff::1', '']) await ingest.expect(at(address));
  const view = await allow(one, ['192.0.2.0/24', '2001:db8:1::/48', '::ffff:198.51.100.7']);
  assert.deepEqual(view.allowedAddresses, ['192.0.2.0/24', '2001:db8:1::/48', '::ffff:198.51.100.7']);
  for (const address of [
    '192.0.2.0',
    '192.0.2.255',
    '::ffff:192.0.2.1',
    '2001:db8:1:2::3',
    '198.51.100.7',
    '::ffff:c633:6407',
  ])
    await ingest.expect(at(address));
  for (const address of [
    '192.0.3.1',
    '::ffff:192.0.3.1',
    '2001:db8:2::1',
    '::192.0.2.1',
    '64:ff9b::c000:201',
    '198.51.100.8',
    '192.0.2.1, 203.0.113.9',
    '192.0.2',
    '',
  ])
    await assert.rejects(ingest.expect(at(address)), is('ADDRESS_REFUSED'), address);
  const webhook = signed(eventBody('a'), { endpoint: endpoint.id, address: '203.0.113.9' });
  await assert.rejects(ingest.receive(webhook), is('ADDRESS_REFUSED'), 'whoever forgot to ask before');
  assert.equal((await ingest.receive({ ...webhook, address: '192.0.2.9' })).duplicate, false);
  await allow(one, []);
  await ingest.expect(at('203.0.113.9'));
  const entries = await logged(one, environment, 'endpoint.changed');
  assert.deepEqual(entries.at(0)?.details['value'], view.allowedAddresses);
});

test('L12 a refused address is in the log with its reason, many of them in few entries', async (t) => {
  const one = await withIngest(t, { limits: QUICK });
  const { environment, endpoint, ingest } = one;
  await allow(one, ['192.0.2.0/24']);
  const flood = Array.from({ length: 300 }, (_, at) =>
    ingest.expect({ endpoint: endpoint.id, address: `203.0.113.${at % 40}` }),
  );
  for (const result of await Promise.allSettled(flood))
    assert.ok(result.status === 'rejected' && is('ADDRESS_REFUSED')(result.reason));
  const entries = await logged(one, environment, 'webhook.refused');
  assert.equal(
    entries.reduce((sum, { details }) => sum + Number(details['count']), 0),
    300,
  );
  for (const { details, resource, outcome } of entries)
    assert.deepEqual(
      [details['reason'], resource, outcome],
      ['address', `endpoint:${endpoint.id}`, 'refused'],
    );
  assert.ok(entries.length < 20, `${entries.length} entries`);
});

test('a refused address learns nothing of the endpoint, not even that it is paused', async (t) => {
  const one = await withIngest(t, { limits: QUICK });
  const { environment, endpoint, ingest } = one;
  await allow(one, ['192.0.2.0/24']);
  await ingest.endpoints.change({ environment, endpoint: endpoint.id, state: 'paused' }, SYSTEM);
  const refused = await ingest
    .expect({ endpoint: endpoint.id, address: '203.0.113.9' })
    .catch((fault) => fault);
  assert.ok(refused instanceof Fault && refused.code === 'ADDRESS_REFUSED');
  assert.equal(refused.detail, new Fault('ADDRESS_REFUSED').detail);
  assert.equal(refused.retryAfterSeconds, null);
  await assert.rejects(ingest.expect({ endpoint: endpoint.id, address: '192.0.2.9' }), is('ENDPOINT_PAUSED'));
});

test('K14 a list holds on other nodes when their memory ends', async (t) => {
  const one = await withIngest(t, { limits: QUICK });
  const { endpoint, limits } = one;
  const clock = movedClock();
  const other = await one.node({ clock });
  const arrival = { endpoint: endpoint.id, address: '203.0.113.9' };
  await other.ingest.expect(arrival);
  await allow(one, ['192.0.2.0/24']);
  clock.forward(limits.keyCacheMs);
  await assert.rejects(other.ingest.expect(arrival), is('ADDRESS_REFUSED'));
});

test('what is no range is refused by its field, when an endpoint is made and when it is changed', async (t) => {
  const one = await withIngest(t, { limits: QUICK });
  const { environment, ingest, endpoint } = one;
  const fieldsOf = (fault: unknown): readonly string[] =>
    is('INVALID_REQUEST')(fault) && fault instanceof Fault ? fault.fields.map(({ path }) => path) : [];
  const texts = ['192.0.2.0/24', '192.0.2.7/24', 'example.com', '2001:db8::/129', '10.0.0.1%eth0', '127.1'];
  const expected = [1, 2, 3, 4, 5].map((at) => `body.allowedAddresses.${at}`);
  const made = {
    environment,
    platform: 'koywe',
    name: 'other',
    secret: Secret.fromText(SECRET),
    allowedAddresses: texts,
  };
  assert.deepEqual(await ingest.endpoints.create(made, SYSTEM).catch(fieldsOf), expected);
  assert.deepEqual(await allow(one, texts).catch(fieldsOf), expected);
  const many = Array.from({ length: 101 }, (_, at) => `10.0.0.${at}`);
  assert.deepEqual(await allow(one, many).catch(fieldsOf), ['body.allowedAddresses']);
  assert.deepEqual((await ingest.endpoints.get({ environment, endpoint: endpoint.id })).allowedAddresses, []);
  const view = await ingest.endpoints.create({ ...made, allowedAddresses: ['2001:db8::/32'] }, SYSTEM);
  assert.deepEqual(view.allowedAddresses, ['2001:db8::/32']);
  await assert.rejects(ingest.expect({ endpoint: view.id, address: '192.0.2.1' }), is('ADDRESS_REFUSED'));
});

test('a list that would refuse who was verified within the last day takes force, and nothing of it is done without', async (t) => {
  const clock = movedClock();
  const one = await withIngest(t, { clock, limits: QUICK });
  const { environment, endpoint, ingest } = one;
  const target = { environment, endpoint: endpoint.id };
  const from = (address: string, secret = SECRET) =>
    ingest.receive(signed(eventBody(address), { endpoint: endpoint.id, address, secret }));
  await from('192.0.2.1');
  await from('192.0.2.2');
  await from('2001:db8::5');
  await assert.rejects(from('203.0.113.66', 'not-the-secret-0123456789'), is('WEBHOOK_REFUSED'));
  const change = {
    ...target,
    state: 'paused',
    secret: Secret.fromText('another-secret-0123456789'),
  } as const;
  const allowedAddresses = ['192.0.2.1', '10.0.0.0/8'];
  const refused = await ingest.endpoints
    .change({ ...change, allowedAddresses }, SYSTEM)
    .catch((fault) => fault);
  assert.ok(refused instanceof Fault && refused.code === 'LOCKS_OUT_CALLER');
  assert.match(refused.detail ?? '', / 2 caller/);
  assert.doesNotMatch(refused.detail ?? '', /192\.0|2001:/);
  assert.equal((await ingest.endpoints.get(target)).state, 'active');
  await from('192.0.2.1');
  assert.deepEqual(await logged(one, environment, 'endpoint.changed'), []);

  const forced = await ingest.endpoints.change({ ...target, allowedAddresses, force: true }, SYSTEM);
  assert.deepEqual(forced.allowedAddresses, allowedAddresses);
  await assert.rejects(from('2001:db8::5'), is('ADDRESS_REFUSED'));
  // Who is locked out already is not locked out again; a forger is nobody to be kept.
  await allow(one, ['192.0.2.0/31']);
  await assert.rejects(allow(one, ['10.0.0.0/8']), is('LOCKS_OUT_CALLER'));
  clock.forward(25 * HOUR_MS);
  await allow(one, ['10.0.0.0/8']);
  const entries = await logged(one, environment, 'endpoint.changed');
  assert.deepEqual(
    entries.map(({ details }) => details['lockedOut']),
    [2, 0, 0],
  );
});
