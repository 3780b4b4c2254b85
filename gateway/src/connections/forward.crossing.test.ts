// Only what the profile names crosses, either way: the caller's credentials never reach the platform, ours never leave it.
// K1 K11; traps "Calling out": drop hop-by-hop headers, those named by Connection, and any credential the caller sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { platformNamed } from '#platforms';
import { CREDENTIAL, send, sendWhole, TOKEN, withPlatform, withRooms } from './connections.fixture.ts';

const koywe = platformNamed('koywe');
const OURS = [
  'host',
  'connection',
  'authorization',
  'accept-encoding',
  'content-length',
  'transfer-encoding',
];

test('K1 K11: of the caller only allowed headers reach the platform, under our token alone', async (t) => {
  const rooms = await withRooms(t);
  const received: Record<string, string[]>[] = [];
  const platform = await withPlatform(t, (request, response) => {
    const headers: Record<string, string[]> = Object.create(null);
    for (let at = 0; at + 1 < request.rawHeaders.length; at += 2)
      (headers[request.rawHeaders[at]?.toLowerCase() ?? ''] ??= []).push(request.rawHeaders[at + 1] ?? '');
    received.push(headers);
    response.end('{}');
  });
  const connection = await rooms.connect(platform);
  const nasty = [
    'authorization',
    'Authorization',
    'AUTHORIZATION',
    'proxy-authorization',
    'cookie',
    'x-api-key',
    'x-api-sign',
    'x-forwarded-for',
    'x-http-method-override',
    'forwarded',
    'host',
    'te',
    'keep-alive',
    'expect',
    'upgrade',
    'content-length',
    'transfer-encoding',
    'x-sandbox-fault',
    'accept-encoding',
  ];
  const name = fc.oneof(
    fc.constantFrom(...nasty),
    fc.constantFrom('accept', 'X-Request-ID', 'Accept-Language'),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/),
  );
  const value = fc.stringMatching(/^callers-[A-Za-z0-9]{1,20}$/);
  const one = fc.uniqueArray(fc.tuple(name, value), {
    maxLength: 8,
    selector: ([header]) => header.toLowerCase(),
  });
  await fc.assert(
    fc.asyncProperty(one, fc.array(name, { maxLength: 3 }), async (headers, hop) => {
      received.length = 0;
      const named = hop.length === 0 ? [] : [['connection', `close, ${hop.join(',')}`] as const];
      await sendWhole(rooms, connection, { headers: [...headers, ...named] });
      const [seen] = received;
      assert.ok(seen !== undefined && received.length === 1);
      assert.deepEqual(seen['authorization'], [`Bearer ${TOKEN}`]);
      for (const [header, values] of Object.entries(seen)) {
        assert.ok(OURS.includes(header) || koywe.requestHeaders.includes(header), header);
        if (OURS.includes(header)) assert.ok(!values.some((text) => text.includes('callers-')), header);
        if (hop.some((each) => each.toLowerCase() === header))
          assert.ok(OURS.includes(header), `${header} was for our hop`);
      }
    }),
    { seed: 20_261_122, numRuns: 60 },
  );
});

test('K1: of the answer only allowed headers come back, and no secret in them', async (t) => {
  const rooms = await withRooms(t);
  const platform = await withPlatform(t, (_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'set-cookie': 'session=platform',
      'www-authenticate': 'Bearer realm="x"',
      'x-token': TOKEN,
      etag: `"${TOKEN}"`,
      'content-disposition': `attachment; filename="${CREDENTIAL.secret}"`,
      'retry-after': '7',
      'x-powered-by': 'something',
      connection: 'retry-after',
      location: 'https://elsewhere.test',
    });
    response.end('{}');
  });
  const { headers } = await sendWhole(rooms, await rooms.connect(platform));
  assert.deepEqual(headers, {
    'content-type': 'application/json',
    etag: '"[redacted]"',
    'content-disposition': 'attachment; filename="[redacted]"',
  });
});

test('K1: a token that the platform sends in many small pieces does not come back', async (t) => {
  const rooms = await withRooms(t);
  const platform = await withPlatform(t, (_request, response) => {
    const text = `{"a":"${TOKEN}","b":"${Buffer.from(`x:${CREDENTIAL.secret}`).toString('base64')}"}`;
    const drip = (at: number): void => {
      if (at >= text.length) return void response.end();
      response.write(text.slice(at, at + 3), () => drip(at + 3));
    };
    drip(0);
  });
  const { text } = await sendWhole(rooms, await rooms.connect(platform));
  assert.match(text, /^\{"a":"\[redacted\]","b":".{1,5}\[redacted\].{0,4}"\}$/);
});

test('the target goes out as the bytes that came in', async (t) => {
  const rooms = await withRooms(t);
  const targets: (string | undefined)[] = [];
  const platform = await withPlatform(t, (request, response) => {
    targets.push(request.url);
    response.end();
  });
  const connection = await rooms.connect(platform);
  const sent = ['/a%20b?x=%2F..&y=a+b', '/A/%7Eb;v=1?', "/q?a='b'&c=%00", '/x:y@z?http://evil.test/'];
  for (const target of sent) await sendWhole(rooms, connection, { target });
  assert.deepEqual(targets, sent);
});

test('K1: no view, fault or entry of the log shows a credential or a token', async (t) => {
  const rooms = await withRooms(t);
  const platform = await withPlatform(t, (_request, response) => response.destroy());
  const connection = await rooms.connect(platform);
  const target = { environment: rooms.environment, connection };
  const shown: unknown[] = [
    await rooms.connections.get(target),
    await rooms.connections.list({ environment: rooms.environment, limit: 10 }),
    await rooms.connections.check(target, {
      kind: 'system',
      id: null,
      address: null,
      agent: null,
      request: null,
    }),
  ];
  const fault = await send(rooms, connection).catch((error: unknown) => error);
  assert.ok(fault instanceof Error);
  shown.push(String(fault), fault.message, String(fault.cause), rooms.audit.acts);
  const refused = await rooms.connections
    .setCredential(
      { ...target, credential: { ...CREDENTIAL, extra: 'another-secret-value' } },
      rooms.audit.acts[0]?.actor ?? assert.fail(),
    )
    .catch((error: unknown) => error);
  shown.push(String(refused), refused);
  const text = JSON.stringify(shown);
  for (const secret of [...Object.values(CREDENTIAL), TOKEN, 'another-secret-value'])
    assert.ok(!text.includes(secret));
});
