// Whatever stands in the fields of a request, it gets one well-formed answer and nothing of the inside, nobody is taken for
// another, and the next one is served. K14; invariants 3 and 9; traps "A crafted input never ends the process", "Client address".
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Access } from '#access';
import { canonicalAddress } from '#base';
import { assertGuarded } from '#test/problem';
import { withRaw } from '#test/raw';
import { PRINCIPAL, roomWith, withListener } from './http.fixture.ts';

let seen: string | null = null;
let answered = 0;
let authenticated = 0;
const access = roomWith<Access>({
  signatureOf: () => null,
  authorize: async () => undefined,
  async authenticate({ actor }) {
    seen = actor.address;
    return PRINCIPAL;
  },
});
const listener = await withListener(
  { after },
  { rooms: { access }, ports: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } },
);
const direct = await withListener({ after }, { rooms: { access } });

const name = fc.oneof(
  fc.constantFrom(
    'X-Forwarded-For',
    'x-forwarded-for',
    'Forwarded',
    'Authorization',
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Expect',
    'Content-Type',
    'User-Agent',
    'Cookie',
    '__proto__',
    'constructor',
    ':path',
    'X Y',
    '',
  ),
  fc.string({ maxLength: 10 }),
);
const value = fc.oneof(
  fc.constantFrom(
    'chunked',
    'chunked, chunked',
    '0',
    '-1',
    '1e3',
    '00',
    '5, 5',
    'close',
    'keep-alive',
    'h2c',
    'websocket',
    '100-continue',
  ),
  fc.constantFrom(
    '10.0.0.1',
    '10.0.0.1, 10.0.0.2',
    '203.0.113.9',
    '::ffff:203.0.113.9',
    'unknown',
    '203.0.113.9:1',
    ',',
    '',
  ),
  fc.constantFrom(
    'Bearer x',
    'Bearer',
    'Basic x:y',
    '\0',
    '\r',
    '\n',
    '\r\n X: y',
    '\t',
    '\x7f',
    '\xff',
    'é',
    '\u0000\u2028',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.nat({ max: 20_000 }).map((length) => 'a'.repeat(length)),
);
const line = fc
  .tuple(
    name,
    fc.constantFrom(': ', ':', ' : ', ' ', ':\t'),
    value,
    fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'),
  )
  .map((parts) => parts.join(''));
const method = fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'get', 'G\0T');
const target = fc.constantFrom(
  '/livez',
  '/admin/v1/keys?limit=x',
  '/admin/v1/keys?limit=x',
  '/admin/v1/keys?limit=x',
  '/api/v1/auth/sign-in',
  '/out/con_x/y',
  '/in/ep_x',
  '*',
  '/a/../b',
  '//',
  '',
);

test('K14 fields of any kind: one answer, well-formed, and the next request is served', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(listener, direct),
      method,
      target,
      fc.array(line, { maxLength: 4 }),
      async (at, verb, path, lines) => {
        seen = null;
        const raw = await withRaw(t, at);
        raw.send(
          Buffer.from(
            `${verb} ${path} HTTP/1.1\r\nHost: gateway\r\n${lines.join('')}Connection: close\r\n\r\n`,
            'latin1',
          ),
        );
        raw.socket.end();
        const answer = await raw.answer().catch(() => null);
        // A request that never ended, for the gateway, ends with its sender.
        if (answer !== null && answer.status !== 100) {
          answered += 1;
          assert.ok(answer.status >= 200 && answer.status < 600);
          if (verb !== 'HEAD') assertGuarded(answer);
          assert.doesNotMatch(answer.text, /\n\s+at |node_modules|\.ts\b|select secret/);
        }
        if (seen !== null) {
          authenticated += 1;
          assert.equal(seen, canonicalAddress(seen), 'an address in its one form');
          if (at === direct) assert.equal(seen, '127.0.0.1');
        }
        raw.socket.destroy();
      },
    ),
    { numRuns: 1_000, seed: 26 },
  );
  t.diagnostic(`${answered} were answered, ${authenticated} asked who it is`);
  assert.ok(answered > 200 && authenticated > 10);
  for (const at of [listener, direct]) {
    const raw = await withRaw(t, at);
    raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
    assert.equal((await raw.answer()).status, 200);
  }
});
