// The secret of an endpoint is sealed, replaced in force everywhere within `keyCacheMs`, and only one is ever in force; the
// address of an endpoint can't be guessed from another. K1 K7 U11; traps "An empty or one-byte secret", "Revocation".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, Fault, type FaultCode, Secret, SYSTEM, systemClock } from '#base';
import { asOwner, eventBody, rowsOf, SECRET, signed, withIngest } from './ingest.fixture.ts';

const is = (code: FaultCode) => (fault: unknown) => fault instanceof Fault && fault.code === code;
const NEW_SECRET = 'the-new-secret-0123456789';

test('K7 a replaced secret is refused at once where it was replaced, and elsewhere when the memory ends', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest, limits } = one;
  let ahead = 0;
  const clock: Clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + ahead };
  const other = await one.node({ clock });
  const old = (id: string) => signed(eventBody(id), { endpoint: endpoint.id });
  const fresh = (id: string) => signed(eventBody(id), { endpoint: endpoint.id, secret: NEW_SECRET });
  await other.ingest.receive(old('remembered'));
  await ingest.endpoints.change(
    { environment, endpoint: endpoint.id, secret: Secret.fromText(NEW_SECRET) },
    SYSTEM,
  );
  await assert.rejects(ingest.receive(old('1')), is('WEBHOOK_REFUSED'));
  assert.equal((await ingest.receive(fresh('2'))).duplicate, false);
  ahead += limits.keyCacheMs;
  await assert.rejects(other.ingest.receive(old('3')), is('WEBHOOK_REFUSED'));
  assert.equal((await other.ingest.receive(fresh('4'))).duplicate, false);
});

test('K7 of secrets that are set at the same moment one is in force, and no other', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, url } = one;
  const other = await one.node();
  const secrets = Array.from({ length: 12 }, (_, at) => `secret-number-${at}-0123456789`);
  await Promise.all(
    secrets.map((text, at) =>
      (at % 2 === 0 ? one : other).ingest.endpoints.change(
        { environment, endpoint: endpoint.id, secret: Secret.fromText(text) },
        SYSTEM,
      ),
    ),
  );
  assert.equal((await rowsOf(url, environment, 'select from endpoint_secrets')).length, 1);
  const third = await one.node();
  const accepted: string[] = [];
  for (const secret of [...secrets, SECRET]) {
    const webhook = signed(eventBody(secret), { endpoint: endpoint.id, secret });
    await third.ingest.receive(webhook).then(
      () => accepted.push(secret),
      (fault: unknown) => assert.ok(is('WEBHOOK_REFUSED')(fault)),
    );
  }
  assert.equal(accepted.length, 1);
});

test('a weak or malformed secret, an unknown platform and a name that is taken are refused, and nothing is made', async (t) => {
  const { environment, ingest, endpoint } = await withIngest(t);
  const given = { environment, platform: 'koywe', name: 'other', secret: Secret.fromText(NEW_SECRET) };
  for (const text of ['', 'x', '123456789012345']) {
    const secret = Secret.fromText(text);
    await assert.rejects(ingest.endpoints.create({ ...given, secret }, SYSTEM), is('INVALID_REQUEST'));
    await assert.rejects(
      ingest.endpoints.change({ environment, endpoint: endpoint.id, secret }, SYSTEM),
      is('INVALID_REQUEST'),
    );
  }
  for (const platform of ['none', '__proto__', 'constructor', '']) {
    await assert.rejects(ingest.endpoints.create({ ...given, platform }, SYSTEM), is('PLATFORM_UNKNOWN'));
  }
  await assert.rejects(ingest.endpoints.create({ ...given, name: 'koywe' }, SYSTEM), is('CONFLICT'));
  const { items } = await ingest.endpoints.list({ environment, limit: 10 });
  assert.deepEqual(
    items.map(({ id }) => id),
    [endpoint.id],
  );
  assert.equal((await ingest.receive(signed(eventBody('a'), { endpoint: endpoint.id }))).duplicate, false);
});

test('the address of an endpoint tells nothing about another made at the same moment', async (t) => {
  const { environment, ingest } = await withIngest(t);
  const made: string[] = [];
  for (let at = 0; at < 12; at += 1) {
    const secret = Secret.fromText(NEW_SECRET);
    const view = await ingest.endpoints.create(
      { environment, platform: 'koywe', name: `e${at}`, secret },
      SYSTEM,
    );
    made.push(view.id);
  }
  // 128 random bits: what the ids have in common in front is what chance gives.
  const beginnings = new Set(made.map((id) => id.slice(0, 'ep_'.length + 4)));
  assert.equal(beginnings.size, made.length);
  const pages: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await ingest.endpoints.list({ environment, after, limit: 5 });
    pages.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = page.next;
  }
  assert.deepEqual(new Set(pages).size, made.length + 1);
  assert.deepEqual(new Set(made).difference(new Set(pages)).size, 0);
});

test('K1 a secret that was sealed for one endpoint opens at no other', async (t) => {
  const { environment, ingest, endpoint, url } = await withIngest(t);
  const secret = Secret.fromText(NEW_SECRET);
  const victim = await ingest.endpoints.create(
    { environment, platform: 'koywe', name: 'victim', secret },
    SYSTEM,
  );
  await asOwner(url, async (client) => {
    await client.query('alter table endpoint_secrets no force row level security');
    const moved = await client.query(
      `update endpoint_secrets v set sealed_secret = s.sealed_secret from endpoint_secrets s
       where v.endpoint_id = $1 and s.endpoint_id = $2`,
      [victim.id, endpoint.id],
    );
    assert.equal(moved.rowCount, 1);
  });
  const webhook = signed(eventBody('a'), { endpoint: victim.id });
  await assert.rejects(ingest.receive(webhook), is('OPEN_FAILED'));
});
