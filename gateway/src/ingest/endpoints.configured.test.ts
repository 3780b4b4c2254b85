// What can't work is refused when it is configured, not found out by webhooks that fail; a rotation that was taken back leaves a secret
// in force; a test's signature settles nothing in production. K7 K11 U10; traps "The configuration decides" and "an environment
// reaching into another".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sign } from '@sallyport/schemes';
import { type ConnectionId, Fault, newId, type ReadBack, Secret, SYSTEM, systemClock } from '#base';
import { eventBody, logged, SECRET, signed, withIngest } from './ingest.fixture.ts';

const fieldsOf = (thrown: unknown): readonly string[] =>
  thrown instanceof Fault ? thrown.fields.map(({ path }) => path) : [String(thrown)];

test('K7 K11 endpoints as they are configured', async (t) => {
  let ahead = 0;
  const clock = { now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() + ahead };
  const here = newId('connection', systemClock);
  const readBack: ReadBack = {
    knows: async ({ environment: of, connection }) => of === one.environment && connection === here,
    read: async () => {
      throw new Fault('OUTBOUND_CONNECT_FAILED');
    },
  };
  const one = await withIngest(t, { clock, readBack });
  const { environment, endpoint, environments, ingest, limits } = one;
  let made = 0;
  const create = (platform: string, more: object, of = environment) => {
    made += 1;
    const secret = Secret.fromText(SECRET);
    return ingest.endpoints.create({ environment: of, platform, name: `e${made}`, secret, ...more }, SYSTEM);
  };
  const wrong = (creating: Promise<unknown>): Promise<readonly string[]> =>
    creating.then(() => ['taken'], fieldsOf);

  await t.test(
    'a value that the scheme would not take with a webhook is refused with its field',
    async () => {
      for (const accessKey of ['', 'with space', 'ключ', 'x'.repeat(513)])
        assert.deepEqual(
          await wrong(create('rapyd', { url: 'https://a.test/in', parameters: { accessKey } })),
          ['body.parameters.accessKey'],
          accessKey,
        );
      for (const url of [
        'https://bücher.test/in',
        'https://a.test/ä',
        'https://a.test/a b',
        ' https://a.test/',
      ])
        assert.deepEqual(await wrong(create('square', { url })), ['body.url'], url);
    },
  );

  await t.test('whatever was taken verifies', async () => {
    const url = 'https://a.test/in/%C3%A4?b=1';
    const { id } = await create('square', { url });
    const { headers, body } = sign({
      scheme: 'square',
      secrets: [Buffer.from(SECRET)],
      body: Buffer.from('{"event_id":"1"}'),
      nowMs: 0,
      url,
    });
    const webhook = { endpoint: id, address: '192.0.2.1', rawHeaders: headers.flat(), body };
    assert.equal((await ingest.receive(webhook)).duplicate, false);
  });

  await t.test('text that the database has no place for is refused with its field', async () => {
    const changes = {
      parameters: { 'a\u0000': 'b' },
      expectations: [{ types: '*', path: ['a'], oneOf: ['\ud800'] }],
      schemas: { '*': { const: { a: ['\u0000'] } } },
    };
    for (const [name, value] of Object.entries(changes)) {
      const changing = ingest.endpoints.change({ environment, endpoint: endpoint.id, [name]: value }, SYSTEM);
      assert.ok((await wrong(changing)).includes(`body.${name}`), name);
    }
  });

  await t.test('rules by type are refused where messages name no type: they would never hold', async () => {
    const expectation = { path: ['amount'], min: 1 };
    const rules = {
      eventTypes: ['payments.*'],
      schemas: { 'payments.*': { type: 'object' } },
      expectations: [{ ...expectation, types: 'payments.*' }],
    };
    for (const platform of ['gocardless', 'xero', 'payos-vn'])
      for (const [name, value] of Object.entries(rules))
        assert.deepEqual(await wrong(create(platform, { [name]: value })), [`body.${name}`], platform);
    await create('gocardless', { eventTypes: ['*'], expectations: [{ ...expectation, types: '*' }] });
  });

  await t.test(
    'a connection to be asked by is one of the environment, or its events would wait for days',
    async () => {
      const confirm = (connection: ConnectionId) => ({
        confirm: { connection, path: '/o/{id}', compare: [], expect: [] },
      });
      const elsewhere = newId('connection', systemClock);
      assert.deepEqual(await wrong(create('koywe', confirm(elsewhere))), ['body.confirm.connection']);
      const { id } = await create('koywe', confirm(here));
      const changing = ingest.endpoints.change({ environment, endpoint: id, ...confirm(elsewhere) }, SYSTEM);
      assert.deepEqual(await wrong(changing), ['body.confirm.connection']);
      await ingest.endpoints.change({ environment, endpoint: id, toleranceSeconds: 5 }, SYSTEM);
    },
  );

  await t.test('production takes no signatures of a test account', async () => {
    const { id: organization } = await environments.createOrganization({ name: 'shop' }, SYSTEM);
    const production = await environments.create(
      { organization, name: 'shop', kind: 'production', region: 'local' },
      SYSTEM,
    );
    const mode = (value: string) => ({ parameters: { mode: value } });
    assert.deepEqual(await wrong(create('paymongo', mode('test'), production.id)), ['body.parameters.mode']);
    const live = await create('paymongo', mode('live'), production.id);
    const changing = ingest.endpoints.change(
      { environment: production.id, endpoint: live.id, ...mode('test') },
      SYSTEM,
    );
    assert.deepEqual(await wrong(changing), ['body.parameters.mode']);
    await create('paymongo', mode('test'));
  });

  await t.test(
    'K11 a rotation that was taken back leaves the secret before it in force, without an end',
    async () => {
      const target = { environment, endpoint: endpoint.id };
      const added = await ingest.secrets.add({ ...target, secret: Secret.fromText(`${SECRET}-new`) }, SYSTEM);
      const [, old] = await ingest.secrets.list(target);
      assert.ok(typeof old?.endsAtMs === 'number');
      await ingest.secrets.retire({ ...target, secret: added.id }, SYSTEM);
      assert.deepEqual(
        (await ingest.secrets.list(target)).map(({ id, endsAtMs }) => [id, endsAtMs]),
        [[old.id, null]],
      );
      const entries = await logged(one, environment, 'endpoint.changed');
      assert.deepEqual(entries.at(-1)?.details['endLifted'], old.id);
      ahead += (limits.secretOverlapSeconds + 1) * 1_000;
      const webhook = signed(eventBody(newId('event', systemClock)), { endpoint: endpoint.id });
      assert.equal((await ingest.receive(webhook)).duplicate, false);
    },
  );
});
