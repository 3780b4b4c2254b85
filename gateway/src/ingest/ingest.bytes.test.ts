// What comes out is byte for byte what came in; at rest it is sealed; of the headers the content type is kept and nothing
// else; labels are read from the body without trusting it. K7 U11 K12; traps "Signature over bytes", "Non-UTF-8 bodies are
// legal input", "Debug values read too widely".
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault, limitsWith, Secret, SYSTEM, silentLog, systemClock } from '#base';
import { openFileKeyManager } from '#keyring';
import { createStore, migrate } from '#store';
import { startTestCluster } from '#test/cluster';
import { allMigrations } from '../migrations.ts';
import {
  asOwner,
  environmentOf,
  eventBody,
  ingestOn,
  kept,
  logged,
  SECRET,
  signed,
  withIngest,
} from './ingest.fixture.ts';

test('U11 every body is kept byte for byte, with its content type and the digest in the log', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest } = one;
  const bodies = [
    Buffer.alloc(0),
    Buffer.from('\ufeff{"id":"bom","type":"order.paid"}'),
    Buffer.from('{"id":"number","amount":1.0,"e":"\\u00e9","b":2,"a":1}'),
    Buffer.from([0xff, 0xfe, 0x00, 0x80]),
    Buffer.from('{"id":"nul\\u0000"}\r\n\r\n'),
    randomBytes(1_048_576),
  ];
  const types = ['application/json', 'application/json; charset=utf-8', 'text/plain', 'a/b', 'x/y', 'p/q'];
  const events: string[] = [];
  for (const [at, body] of bodies.entries()) {
    const headers = ['Content-Type', types[at] ?? ''];
    events.push((await kept(ingest, signed(body, { endpoint: endpoint.id, headers }))).event);
  }
  const found = await ingest.read(environment, events);
  for (const [at, id] of events.entries()) {
    const event = found.get(id);
    assert.ok(
      event !== undefined && Buffer.compare(event.body, bodies[at] ?? Buffer.alloc(1)) === 0,
      `body ${at}`,
    );
    assert.equal(event.contentType, types[at]);
  }
});

test('a content type that is missing, not ASCII or endless is replaced or cut; never another header', async (t) => {
  const { environment, endpoint, ingest } = await withIngest(t);
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], 'application/octet-stream'],
    [['content-type', 'caf\u00e9/x'], 'application/octet-stream'],
    [['content-type', ''], 'application/octet-stream'],
    [['content-type', `a/${'b'.repeat(5_000)}`], `a/${'b'.repeat(198)}`],
    [['X-Content-Type', 'text/html', 'CONTENT-TYPE', 'text/plain'], 'text/plain'],
  ];
  for (const [at, [headers, expected]] of cases.entries()) {
    const { event } = await kept(ingest, signed(eventBody(`c${at}`), { endpoint: endpoint.id, headers }));
    assert.equal((await ingest.read(environment, [event])).get(event)?.contentType, expected);
  }
});

test('K9 type and id are labels: taken when they are plain text in the right place, else left out', async (t) => {
  const { environment, endpoint, ingest } = await withIngest(t);
  const deep = 200_000;
  const cases: readonly (readonly [string | Buffer, string | null, string | null])[] = [
    ['{"id":"1","type":"order.paid"}', 'order.paid', '1'],
    ['{"type":"a b","id":"2"}', null, '2'],
    ['{"type":"caf\u00e9","id":"3"}', null, '3'],
    [`{"type":"${'t'.repeat(101)}","id":"4"}`, null, '4'],
    ['{"type":{"type":"x"},"id":{"id":"x"}}', null, null],
    ['{"__proto__":{"type":"x","id":"y"}}', null, null],
    ['{"constructor":{"type":"x"},"id":7,"type":7}', null, null],
    ['["type","x"]', null, null],
    ['"type"', null, null],
    ['null', null, null],
    ['{"type":"order.paid"', null, null],
    ['{"id":"\\ud800","type":"\\ud800"}', null, null],
    ['{"id":"with\\u0000nul","type":"with\\u0000nul"}', null, null],
    [`{"id":"${'i'.repeat(257)}"}`, null, null],
    [`${'['.repeat(deep)}${']'.repeat(deep)}`, null, null],
    [
      `{"id":"deep","a":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)},"type":"order.paid"}`,
      'order.paid',
      'deep',
    ],
    [Buffer.from([0x7b, 0xff, 0x7d]), null, null],
  ];
  for (const [body, type, platformEvent] of cases) {
    const { event } = await kept(ingest, signed(body, { endpoint: endpoint.id }));
    const view = await ingest.events.get({ environment, event });
    assert.deepEqual([view.type, view.platformEvent], [type, platformEvent], body.toString().slice(0, 80));
  }
});

test('K12 the pages of the database hold neither body nor secret nor header of a webhook', async (t) => {
  const cluster = await startTestCluster();
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-ingest-'));
  t.after(async () => {
    await cluster.remove();
    await rm(directory, { recursive: true, force: true });
  });
  const file = join(directory, 'root.key');
  await openFileKeyManager({ file, create: true });
  const limits = limitsWith();
  await migrate({ url: cluster.url, migrations: allMigrations, log: silentLog });
  const store = await createStore({ url: cluster.url, limits, log: silentLog, clock: systemClock });
  const node = await ingestOn({ store, file, limits });
  const { ingest } = node;
  await ingest.start();
  const environment = await environmentOf(node);
  const { id: endpoint } = await ingest.endpoints.create(
    { environment, platform: 'koywe', name: 'koywe', secret: Secret.fromText(SECRET) },
    SYSTEM,
  );
  const header = 'a-header-that-nobody-asked-for';
  const inBody = 'what-only-the-body-holds';
  const visible = 'the-id-of-the-platform';
  const headers = ['content-type', 'application/json', 'cookie', header, 'x-customer', header];
  const webhook = signed(eventBody(visible, `,"name":"${inBody}"`), { endpoint, headers });
  await kept(ingest, webhook);
  await kept(ingest, { ...webhook, body: Buffer.from(`${inBody} forged`) }).catch(() => undefined);
  await ingest.stop();
  await store.close();
  await cluster.stop();
  const location = await readFile(join(cluster.directory, 'location.json'), 'utf8').catch(() => '{}');
  const home = (JSON.parse(location) as { home?: string | null }).home ?? cluster.directory;
  const found = new Set<string>();
  for (const entry of await readdir(join(home, 'data'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const pages = await readFile(join(entry.parentPath, entry.name));
    for (const text of [header, inBody, SECRET, visible]) if (pages.includes(text)) found.add(text);
  }
  assert.deepEqual([...found], [visible], 'the search must find what is there, and only that');
});

test('a body is revealed only after the log has the intent', async (t) => {
  const one = await withIngest(t);
  const { environment, endpoint, ingest, url } = one;
  const { event } = await kept(ingest, signed(eventBody('a'), { endpoint: endpoint.id }));
  await asOwner(url, (client) => client.query('revoke insert on audit_pending from sallyport_runtime'));
  await assert.rejects(
    ingest.events.reveal({ environment, event }, SYSTEM),
    (fault) => fault instanceof Fault && fault.code === 'AUDIT_UNAVAILABLE',
  );
  await asOwner(url, (client) => client.query('grant insert on audit_pending to sallyport_runtime'));
  const { body } = await ingest.events.reveal({ environment, event }, SYSTEM);
  assert.equal(Buffer.from(body).toString(), eventBody('a'));
  const [entry] = await logged(one, environment, 'event.revealed');
  assert.deepEqual([entry?.resource, entry?.outcome], [`event:${event}`, 'intent']);
});
