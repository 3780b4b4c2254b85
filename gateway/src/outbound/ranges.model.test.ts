// No address of a special-purpose range is called, and every address of the public Internet can be.
// U13-A10 (SSRF). Trap "Calling out": ranges to refuse.
import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '#base';
import { METADATA_HOSTS, RANGES, rangeOf } from './ranges.ts';

// A second model, written from IANA's registries and not from the table: first and last address of what is not public.
const ipv4: readonly (readonly [string, string])[] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];
const ipv6: readonly (readonly [string, string])[] = [
  ['::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['4000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];
const model = new BlockList();
for (const [from, to] of ipv4) model.addRange(from, to, 'ipv4');
for (const [from, to] of ipv6) model.addRange(from, to, 'ipv6');

function isRefused(address: string): boolean {
  const bytes = parseAddress(address);
  assert.ok(bytes !== null, address);
  return rangeOf(bytes) !== null;
}

function quad(bytes: Iterable<number>): string {
  return [...bytes].join('.');
}

function colons(bytes: Uint8Array): string {
  return [0, 2, 4, 6, 8, 10, 12, 14]
    .map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16))
    .join(':');
}

const anyQuad = fc.uint8Array({ minLength: 4, maxLength: 4 });
// Half of the addresses differ from a range's first address in the low bytes only: edges are where tables are wrong.
const nearRange = (length: number) =>
  fc
    .tuple(
      fc.constantFrom(
        ...RANGES.map(({ cidr }) => parseAddress(cidr.split('/')[0] ?? '')).filter(
          (bytes) => bytes?.length === length,
        ),
      ),
      fc.uint8Array({ minLength: length, maxLength: length }),
      fc.integer({ min: 0, max: length }),
    )
    .map(([base, noise, kept]) =>
      Uint8Array.from(noise, (byte, index) => (index < kept ? (base?.[index] ?? 0) : byte)),
    );

test('U13 every IPv4 address is refused exactly where the second model refuses it', () => {
  fc.assert(
    fc.property(fc.oneof(anyQuad, nearRange(4)), (bytes) => {
      assert.equal(isRefused(quad(bytes)), model.check(quad(bytes), 'ipv4'), quad(bytes));
    }),
    { numRuns: 5_000, seed: 26 },
  );
});

test('U13 every IPv6 address is refused exactly where the second model refuses it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), nearRange(16)), (bytes) => {
      assert.equal(isRefused(colons(bytes)), model.check(colons(bytes), 'ipv6'), colons(bytes));
    }),
    { numRuns: 5_000, seed: 26 },
  );
});

test('U13 the first and last address of each range are inside, their neighbours are as the model says', () => {
  for (const [from, to] of [...ipv4, ...ipv6]) {
    assert.ok(isRefused(from), from);
    assert.ok(isRefused(to), to);
  }
  for (const outside of [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '8.8.8.8',
    '2000::',
    '2001:200::',
    '2001:db7:ffff::',
    '2001:db9::',
    '2003::',
    '2606:4700::1111',
    '3ffe:ffff::',
    '3fff:1000::',
  ]) {
    assert.ok(!isRefused(outside), outside);
  }
});

test('U13 each range of the trap list is refused under its name', () => {
  const named: Readonly<Record<string, string>> = {
    '10.1.2.3': 'private',
    '127.0.0.1': 'loopback',
    '169.254.1.1': 'link-local',
    '100.64.0.1': 'carrier-grade NAT',
    '224.0.0.1': 'multicast',
    '203.0.113.9': 'documentation',
    '198.18.0.1': 'benchmarking',
    '0.0.0.0': 'this network',
    '240.0.0.1': 'reserved',
    '255.255.255.255': 'broadcast',
    '::': 'unspecified',
    '::1': 'loopback',
    'fd12::1': 'unique local',
    'fe80::1': 'link-local',
    'fec0::1': 'site-local',
    '64:ff9b::808:808': 'NAT64',
    '64:ff9b:1::1': 'local NAT64',
    '2002:7f00:1::': '6to4',
    '2001::1': 'Teredo',
    '2001:10::1': 'ORCHID',
    '2001:20::1': 'ORCHIDv2',
    '100::1': 'discard-only',
    '::ffff:127.0.0.1': 'IPv4-mapped',
    '::127.0.0.1': 'IPv4-compatible',
    '::ffff:0:127.0.0.1': 'IPv4-translated',
    '169.254.169.254': 'metadata',
    'fd00:ec2::254': 'metadata',
    '100.100.100.200': 'metadata',
    '168.63.129.16': 'metadata',
  };
  for (const [address, name] of Object.entries(named)) {
    const bytes = parseAddress(address);
    assert.equal(bytes === null ? null : rangeOf(bytes)?.name, name, address);
  }
});

test('U13 only private, loopback, carrier-grade and unique local ranges can be declared', () => {
  const declarable = RANGES.filter((range) => range.declarable).map((range) => range.cidr);
  assert.deepEqual(declarable, [
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '::1/128',
    'fc00::/7',
  ]);
});

test('the table is frozen, and every row names its source', () => {
  assert.ok(
    Object.isFrozen(RANGES) && RANGES.every((range) => Object.isFrozen(range) && range.source.length > 5),
  );
  assert.ok(METADATA_HOSTS.has('metadata.google.internal'));
});
