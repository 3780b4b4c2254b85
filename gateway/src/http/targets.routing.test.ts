// What is routed is what was sent: no spelling of an address reaches an operation except its own, in any form or encoding.
// U8 Q14 K11; traps "Sign and route the same raw bytes of the request target", "never guard by route".
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Access } from '#access';
import { Fault, newId, systemClock } from '#base';
import type { Connections } from '#connections';
import type { Ingest } from '#ingest';
import { type AnswerToJudge, assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { PRINCIPAL, roomWith, withListener } from './http.fixture.ts';

const endpoint = newId('endpoint', systemClock);
const connection = newId('connection', systemClock);
const key = newId('key', systemClock);
const reached: string[] = [];

const listener = await withListener(
  { after },
  {
    rooms: {
      access: roomWith<Access>({
        signatureOf: () => null,
        authenticate: async () => ({ ...PRINCIPAL, kind: 'admin' }),
        authorize: async () => undefined,
        keys: roomWith<Access['keys']>({
          revoke: async (target) => {
            reached.push(`revoke ${target.key}`);
            throw new Fault('KEY_NOT_FOUND');
          },
          list: async () => {
            reached.push('list');
            return { items: [], next: null };
          },
        }),
      }),
      ingest: roomWith<Ingest>({
        expect: async () => ({ bodyBytesMax: 1_048_576 }),
        challenge: async () => null,
        receive: async (call) => {
          reached.push(`in ${call.endpoint}`);
          return { event: newId('event', systemClock), duplicate: false };
        },
      }),
      connections: roomWith<Connections>({
        forward: async ({ connection: to, method, target, headers }) => {
          reached.push(`out ${to} ${method} ${target}`);
          assert.ok(headers.length > 0);
          return { status: 200, headers: [['content-type', 'text/plain']], body: (async function* () {})() };
        },
      }),
    },
  },
);

async function ask(t: { after(hook: () => void): unknown }, line: string): Promise<AnswerToJudge> {
  reached.length = 0;
  const raw = await withRaw(t, listener);
  raw.send(`${line} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
  const answer = await raw.answer();
  raw.socket.destroy();
  return answer;
}

const OTHER_SPELLINGS: readonly (readonly [
  string,
  'NOT_FOUND' | 'AMBIGUOUS_PATH' | 'INVALID_REQUEST' | 'METHOD_NOT_ALLOWED',
])[] = [
  [`/in/%65p_${endpoint.slice(3)}`, 'NOT_FOUND'],
  [`/%69n/${endpoint}`, 'NOT_FOUND'],
  [`/in%2f${endpoint}`, 'AMBIGUOUS_PATH'],
  [`/IN/${endpoint}`, 'NOT_FOUND'],
  [`/in/${endpoint.toUpperCase()}`, 'NOT_FOUND'],
  [`/in/${endpoint}/`, 'NOT_FOUND'],
  [`/in/${endpoint}/x`, 'NOT_FOUND'],
  [`/in/${endpoint};x=1`, 'NOT_FOUND'],
  [`/in;x=1/${endpoint}`, 'NOT_FOUND'],
  [`/in/${endpoint}%20`, 'NOT_FOUND'],
  [`/in/${endpoint}%00`, 'AMBIGUOUS_PATH'],
  [`/in/${endpoint}#x`, 'AMBIGUOUS_PATH'],
  [`//in/${endpoint}`, 'AMBIGUOUS_PATH'],
  [`/./in/${endpoint}`, 'AMBIGUOUS_PATH'],
  [`/in/../in/${endpoint}`, 'AMBIGUOUS_PATH'],
  [`/in/%2e%2e/in/${endpoint}`, 'AMBIGUOUS_PATH'],
  [`\\in\\${endpoint}`, 'INVALID_REQUEST'],
  [`in/${endpoint}`, 'INVALID_REQUEST'],
  [`https://gateway/in/${endpoint}`, 'AMBIGUOUS_PATH'],
  ['/in/', 'NOT_FOUND'],
  ['/in', 'NOT_FOUND'],
  ['/', 'NOT_FOUND'],
  ['*', 'AMBIGUOUS_PATH'],
  ['/in/:endpoint', 'NOT_FOUND'],
  ['/in/{endpoint}', 'NOT_FOUND'],
  ['/out/*', 'NOT_FOUND'],
  [`/out/${connection}`, 'NOT_FOUND'],
  ['/out//x', 'AMBIGUOUS_PATH'],
  [`/%6fut/${connection}/x`, 'NOT_FOUND'],
  [`/out/${connection}/../x`, 'AMBIGUOUS_PATH'],
  [`/out/${connection}/%2e%2e/x`, 'AMBIGUOUS_PATH'],
  [`/out/${connection}/a//b`, 'AMBIGUOUS_PATH'],
  [`/out/${connection}/a%5Cb`, 'AMBIGUOUS_PATH'],
  [`/out/${connection}/a#b`, 'AMBIGUOUS_PATH'],
  ['/admin/v1/keys/%2e%2e', 'AMBIGUOUS_PATH'],
  ['/admin/v1/keys/..', 'AMBIGUOUS_PATH'],
  [`/admin/v1/keys/%6bey_${key.slice(4)}/revoke`, 'NOT_FOUND'],
  [`/admin/v1/keys/${key}/revok%65`, 'NOT_FOUND'],
  [`/admin/v1/keys/${key}/revoke/`, 'NOT_FOUND'],
  [`/admin/v1/keys/${key}/Revoke`, 'NOT_FOUND'],
  [`/admin/v1/keys/${key}`, 'METHOD_NOT_ALLOWED'],
  [`/admin/v2/keys/${key}/revoke`, 'NOT_FOUND'],
  ['/__proto__', 'NOT_FOUND'],
  ['/constructor', 'NOT_FOUND'],
];

for (const [target, code] of OTHER_SPELLINGS) {
  test(`POST ${target} is ${code}`, async (t) => {
    assertProblem(await ask(t, `POST ${target}`), code);
    assert.deepEqual(reached, []);
  });
}

test('an id in the right place of another kind, or too long, is no id', async (t) => {
  for (const id of [endpoint, 'x', 'k'.repeat(5_000), `${key}0`, key.toUpperCase()])
    assertProblem(await ask(t, `POST /admin/v1/keys/${id}/revoke`), 'INVALID_REQUEST');
  assertProblem(await ask(t, `GET /out/${endpoint}/x`), 'CONNECTION_NOT_FOUND');
  assertProblem(await ask(t, `GET /out/${'c'.repeat(5_000)}/x`), 'CONNECTION_NOT_FOUND');
  assertProblem(await ask(t, `GET /out/%63on_${connection.slice(4)}/x`), 'CONNECTION_NOT_FOUND');
  assert.deepEqual(reached, []);
});

test('the own spelling is reached, and what is forwarded is forwarded byte for byte', async (t) => {
  await ask(t, `POST /in/${endpoint}?x=%2F..//&y`);
  assert.deepEqual(reached, [`in ${endpoint}`]);
  await ask(t, `POST /admin/v1/keys/${key}/revoke`);
  assert.deepEqual(reached, [`revoke ${key}`]);
  for (const rest of [
    '/',
    '/a%20b;c=d/%C3%A9?x=%2F..//&y',
    '/a%ff',
    '/%c0%af',
    '/:id/{x}/*',
    `/${'a'.repeat(9_000)}`,
    '/A/b/?',
  ]) {
    await ask(t, `PATCH /out/${connection}${rest}`);
    assert.deepEqual(reached, [`out ${connection} PATCH ${rest}`]);
  }
});

test('405 with Allow wherever the path exists, for every method that Node can read', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['GET', `/in/${endpoint}`, 'POST'],
    ['DELETE', '/admin/v1/keys', 'GET, POST'],
    ['PUT', `/admin/v1/keys/${key}/revoke`, 'POST'],
    ['OPTIONS', '/api/v1/auth/sign-in', 'POST'],
    ['TRACE', '/livez', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['QUERY', '/admin/v1/keys', 'GET, POST'],
    ['PROPFIND', '/readyz', 'GET, HEAD'],
    ['OPTIONS', `/out/${connection}/x`, 'GET, POST, PUT, PATCH, DELETE'],
    ['TRACE', `/out/${connection}/x`, 'GET, POST, PUT, PATCH, DELETE'],
  ];
  for (const [method, path, allow] of cases) {
    const answer = await ask(t, `${method} ${path}`);
    assertProblem(answer, 'METHOD_NOT_ALLOWED');
    assert.equal(answer.headers['allow'], allow);
  }
  assert.deepEqual(reached, []);
});

test('HEAD, CONNECT and methods that are none', async (t) => {
  for (const [line, status] of [
    ['HEAD /livez', '200'],
    ['HEAD /admin/v1/keys', '405'],
    ['HEAD /nowhere', '404'],
  ] as const) {
    const raw = await withRaw(t, listener);
    raw.send(`${line} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n`);
    const text = await raw.closed;
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.equal(text.split('\r\n\r\n')[1], '', 'no body');
  }
  assertProblem(await ask(t, 'CONNECT platform.test:443'), 'METHOD_NOT_ALLOWED');
  for (const line of ['get /livez', 'GE\tT /livez', 'BREW /livez', ' GET /livez', 'GET /livez x'])
    assertProblem(await ask(t, line), 'INVALID_REQUEST');
  assert.deepEqual(reached, []);
});

test('an upgrade is not offered: the request is answered as it is', async (t) => {
  const raw = await withRaw(t, listener);
  raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  assert.equal((await raw.answer()).status, 200);
});

test('K11 a credential of ours anywhere in an address is refused before anybody reads it, in every spelling', async (t) => {
  const shown = [
    'sk_test_syp_x',
    'sk_live_syp_x',
    'sk_admin_syp_x',
    'sat_syp_x',
    'SK_TEST_SYP_x',
    'sk%5Ftest%5fsyp_x',
    '%73at_syp_x',
  ];
  for (const text of shown) {
    for (const target of [
      `/in/${endpoint}?a=${text}`,
      `/out/${connection}/x?a=${text}`,
      `/out/${connection}/${text}`,
      `/admin/v1/keys?after=${text}`,
      `/admin/v1/audit/export?a=${text}`,
      `/livez?${text}`,
      `/${text}`,
    ])
      assertProblem(await ask(t, `GET ${target}`), 'CREDENTIAL_IN_URL');
  }
  for (const name of [
    'token',
    'access_token',
    'api_key',
    'apiKey',
    'key',
    'SECRET',
    'authorization',
    'password',
    't%6fken',
  ])
    assertProblem(await ask(t, `GET /admin/v1/keys?${name}=x`), 'CREDENTIAL_IN_URL');
  assert.deepEqual(reached, []);
});

test('random targets, methods and headers: a problem or a known answer, never a defect, never a crash', async (t) => {
  const paths = [
    '/',
    '/in/',
    `/in/${endpoint}`,
    `/out/${connection}/`,
    '/admin/v1/keys',
    `/admin/v1/keys/${key}/revoke`,
    '/livez',
    '/api/v1/auth/sign-in',
  ];
  const target = fc
    .tuple(
      fc.constantFrom(...paths),
      fc.string({
        unit: fc.oneof(fc.constantFrom(...'/?&=;%.#\\:@{}*~+'), fc.string({ minLength: 1, maxLength: 1 })),
        maxLength: 12,
      }),
    )
    .map(([path, more]) => (path + more).replaceAll(/[\r\n ]/g, '_'));
  const header = fc.tuple(
    fc.constantFrom(
      'X-A',
      'Authorization',
      'Content-Type',
      'Content-Length',
      'Transfer-Encoding',
      'Host',
      'Connection',
      'Expect',
      'Accept-Encoding',
      'Range',
      'Cookie',
      'Upgrade',
    ),
    fc.oneof(
      fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
      fc.constantFrom('0', '3', 'chunked', 'close', '100-continue', 'application/json', 'Bearer x'),
    ),
  );
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS');
  const known = new Set([200, 201, 400, 401, 403, 404, 405, 408, 413, 415, 431]);
  await fc.assert(
    fc.asyncProperty(
      method,
      target,
      fc.array(header, { maxLength: 4 }),
      fc.string({ maxLength: 30 }),
      async (verb, path, headers, body) => {
        const raw = await withRaw(t, listener);
        const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
        raw.send(`${verb} ${path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n${fields}\r\n${body}`);
        raw.socket.end();
        const text = await raw.closed;
        if (text === '' || text.startsWith('HTTP/1.1 100')) return;
        const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
        assert.ok(known.has(status), `${status} for ${verb} ${path}\n${fields}`);
      },
    ),
    { seed: 20_261_124, numRuns: 300 },
  );
  assert.equal((await ask(t, 'GET /livez')).status, 200);
});
