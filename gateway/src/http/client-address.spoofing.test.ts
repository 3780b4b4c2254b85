// Nobody chooses the address under which they are known: it is the socket's, or what trusted proxies wrote down, one hop
// for each, from the right. K14 U7 L12 Q15; traps "Client address", "Leftmost X-Forwarded-For is spoofable".
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Access } from '#access';
import { canonicalAddress, createRanges, Fault } from '#base';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { createClientAddress } from './client-address.ts';
import { PRINCIPAL, roomWith, type TestListener, withListener } from './http.fixture.ts';

const TRUSTED = ['10.0.0.0/8', '2001:db8:a::/48'];
const trusted = createRanges(TRUSTED);
const clientAddress = createClientAddress(trusted);

function heard(remoteAddress: string | undefined, ...fields: readonly string[]) {
  return {
    socket: { remoteAddress },
    rawHeaders: fields.flatMap((value, at) => [at % 2 === 0 ? 'X-Forwarded-For' : 'x-forwarded-FOR', value]),
  };
}

function refuses(remoteAddress: string, ...fields: readonly string[]): void {
  assert.throws(
    () => clientAddress(heard(remoteAddress, ...fields)),
    (thrown: unknown) => thrown instanceof Fault && thrown.code === 'INVALID_REQUEST',
    fields.join(' | '),
  );
}

test('K14 without a trusted proxy on the other side, no header changes the address', () => {
  const none = createClientAddress(createRanges([]));
  for (const value of ['203.0.113.9', '10.0.0.1', 'nonsense', '', ',,,', '203.0.113.9, 10.0.0.1']) {
    assert.equal(none(heard('192.0.2.1', value)), '192.0.2.1');
    assert.equal(none(heard('10.0.0.1', value)), '10.0.0.1');
    assert.equal(clientAddress(heard('192.0.2.1', value)), '192.0.2.1');
    assert.equal(clientAddress(heard('::ffff:192.0.2.1', value)), '192.0.2.1');
  }
});

test('K14 the address that a trusted proxy wrote down is believed, and what stands left of it is not', () => {
  assert.equal(clientAddress(heard('10.0.0.1', '203.0.113.9')), '203.0.113.9');
  assert.equal(clientAddress(heard('::ffff:10.0.0.1', '203.0.113.9')), '203.0.113.9');
  assert.equal(clientAddress(heard('2001:db8:a::1', '2001:DB8::7')), '2001:db8::7');
  assert.equal(clientAddress(heard('10.0.0.1', '198.51.100.1, 203.0.113.9')), '203.0.113.9');
  assert.equal(clientAddress(heard('10.0.0.1', '10.0.0.9, 203.0.113.9')), '203.0.113.9');
  assert.equal(clientAddress(heard('10.0.0.1', '"><script>, unknown, 203.0.113.9')), '203.0.113.9');
});

test('K14 several proxies: one hop for each, through one header or several', () => {
  assert.equal(clientAddress(heard('10.0.0.1', '203.0.113.9, 10.0.0.2')), '203.0.113.9');
  assert.equal(clientAddress(heard('10.0.0.1', '203.0.113.9', '10.0.0.2')), '203.0.113.9');
  assert.equal(
    clientAddress(heard('10.0.0.1', '198.51.100.1', '203.0.113.9,\t::ffff:10.0.0.2')),
    '203.0.113.9',
  );
  assert.equal(clientAddress(heard('10.0.0.1', '203.0.113.9, 198.51.100.1', '10.0.0.2')), '198.51.100.1');
});

test('K14 a proxy that speaks for itself is known by its own address', () => {
  assert.equal(clientAddress(heard('10.0.0.1')), '10.0.0.1');
  assert.equal(clientAddress(heard('10.0.0.1', '10.0.0.3, 10.0.0.2')), '10.0.0.3');
});

test('K14 what a trusted proxy handed over and is no address is a refusal', () => {
  for (const nonsense of [
    '',
    ' ',
    'unknown',
    '_hidden',
    '203.0.113.9:443',
    '[2001:db8::1]',
    '[2001:db8::1]:443',
    'fe80::1%eth0',
    '"203.0.113.9"',
    '203.0.113.09',
    '203.0.113',
    '3405803785',
    '203.0.113.9;',
    'for=203.0.113.9',
    '203.0.113.9 198.51.100.1',
    '203.0.113.9\u00a0',
  ]) {
    refuses('10.0.0.1', nonsense);
    refuses('10.0.0.1', `203.0.113.9, ${nonsense}`);
    refuses('10.0.0.1', `${nonsense}, 10.0.0.2`);
    refuses('10.0.0.1', '203.0.113.9', nonsense);
  }
  refuses('10.0.0.1', Array.from({ length: 17 }, () => '10.0.0.2').join());
});

test('K14 a socket that is gone, or of a link of this machine, has no address that anybody could be let in by', () => {
  assert.equal(clientAddress(heard(undefined, '203.0.113.9')), '');
  assert.equal(clientAddress(heard('fe80::1%eth0')), 'fe80::1');
});

test('K14 as a model finds it: the last address of the chain that is no trusted proxy', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map((text) => `::ffff:${text}`),
    fc.nat({ max: 255 }).map((last) => `10.0.0.${last}`),
    fc.nat({ max: 255 }).map((last) => `::ffff:10.1.0.${last}`),
    fc.nat({ max: 255 }).map((last) => `2001:DB8:A::${last.toString(16)}`),
  );
  const item = fc.oneof(
    { weight: 9, arbitrary: address },
    {
      weight: 1,
      arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.%[]" x'), maxLength: 12 }),
    },
  );
  const space = fc.constantFrom('', ' ', '\t', '  ');
  const field = fc.array(
    fc.tuple(space, item, space).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(address, fc.array(field, { maxLength: 4 }), (socket, fields) => {
      const chain = [...fields.flat().map((text) => text.trim()), socket].map(canonicalAddress);
      const at = chain.findLastIndex((one) => one === null || !trusted.includes(one));
      const expected = chain[Math.max(at, 0)] ?? null;
      const given = fields.map((items) => items.join(','));
      if (expected === null) refuses(socket, ...given);
      else assert.equal(clientAddress(heard(socket, ...given)), expected);
    }),
    { numRuns: 5_000, seed: 26 },
  );
});

let seen = '';
const access = roomWith<Access>({
  async authenticate({ actor }) {
    seen = actor.address ?? '';
    return PRINCIPAL;
  },
  signatureOf: () => null,
});
const rooms = { access };
const adminAddresses = ['203.0.113.0/24'];
const direct = await withListener({ after }, { rooms, ports: { adminAddresses } });
const proxied = await withListener(
  { after },
  { rooms, ports: { adminAddresses, trustedProxies: ['127.0.0.1'] } },
);
const open = await withListener({ after }, { rooms });

async function ask(
  t: { after(hook: () => void): unknown },
  listener: TestListener,
  ...fields: readonly string[]
) {
  seen = '';
  const raw = await withRaw(t, listener);
  const lines = ['GET /admin/v1/keys?limit=x HTTP/1.1', 'Host: gateway', 'Connection: close', ...fields];
  raw.send(`${lines.join('\r\n')}\r\n\r\n`);
  return raw.answer();
}

test('K14 over the wire: who is recorded, and from where administration is open', async (t) => {
  await ask(t, proxied, 'X-Forwarded-For: 198.51.100.1', 'x-forwarded-for: 203.0.113.9');
  assert.equal(seen, '203.0.113.9');
  await ask(t, open, 'X-Forwarded-For: 203.0.113.9');
  assert.equal(seen, '127.0.0.1');
  assertProblem(await ask(t, proxied, 'X-Forwarded-For: 203.0.113.9:443'), 'INVALID_REQUEST');

  const others = ['Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9', 'True-Client-IP: 203.0.113.9'];
  for (const [listener, ...fields] of [
    [direct, 'X-Forwarded-For: 203.0.113.9'],
    [direct, ...others],
    [proxied, ...others],
    [proxied, 'X-Forwarded-For: 203.0.113.9, 198.51.100.1'],
    [proxied, 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 198.51.100.1'],
  ] as const) {
    const problem = assertProblem(await ask(t, listener, ...fields), 'ADDRESS_REFUSED');
    assert.equal(seen, '', 'nobody was authenticated');
    assert.doesNotMatch(JSON.stringify(problem), /203\.0|127\.0|198\.51|range|list|proxy/i);
  }
});

test('K14 whoever may not administer learns nothing of what there is, and everything else stays open', async (t) => {
  for (const path of ['/admin/v1/keys', '/admin/v1/nothing', '/admin/']) {
    const raw = await withRaw(t, direct);
    raw.send(`DELETE ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    assertProblem(await raw.answer(), 'ADDRESS_REFUSED');
  }
  const raw = await withRaw(t, direct);
  raw.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
  assert.equal((await raw.answer()).status, 200);
});
