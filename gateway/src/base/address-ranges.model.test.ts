// A range holds exactly the addresses of its network, and IPv4 never answers for IPv6. K14 U7 L12 Q15.
import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalAddress, parseAddress, printAddress } from './address.ts';
import { createRanges, isAddressRange, parseNetwork } from './address-ranges.ts';

const address = fc.oneof(fc.ipV4(), fc.ipV6());

/** A network, its host bits cleared here by another way than the code's. */
const network = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([text, bits]) => cleared(text, bits)),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([text, bits]) => cleared(text, bits)),
);

function cleared(text: string, bits: number): string {
  const bytes = parseAddress(text) ?? new Uint8Array();
  const all = BigInt(bytes.length * 8);
  const value = [...bytes].reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const kept = (value >> (all - BigInt(bits))) << (all - BigInt(bits));
  const out = Uint8Array.from(bytes, (_, at) => Number((kept >> BigInt(8 * (bytes.length - 1 - at))) & 255n));
  return `${printAddress(out)}/${bits}`;
}

/** An address that shares the first bytes of a network: edges are where masks are wrong. */
const near = (cidr: string) =>
  fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat({ max: 16 })).map(([noise, kept]) => {
    const base = parseAddress(cidr.split('/')[0] ?? '') ?? new Uint8Array();
    return printAddress(base.map((byte, at) => (at < kept ? byte : (noise[at] ?? 0))));
  });

test('K14 ranges hold what the block list of node:net holds', () => {
  const sample = fc
    .array(network, { minLength: 1, maxLength: 5 })
    .chain((ranges) => fc.tuple(fc.constant(ranges), fc.oneof(address, ...ranges.map(near))));
  fc.assert(
    fc.property(sample, ([ranges, candidate]) => {
      // One list for each family: of IPv6 networks, the model's also hold mapped IPv4 addresses.
      const models = { 4: new BlockList(), 6: new BlockList() };
      for (const range of ranges) {
        const [text = '', bits = ''] = range.split('/');
        const own = canonicalAddress(text) ?? '';
        if (isIP(own) === 6) models[6].addSubnet(own, Number(bits), 'ipv6');
        else models[4].addSubnet(own, Number(bits) - (isIP(text) === 6 ? 96 : 0), 'ipv4');
      }
      const canonical = canonicalAddress(candidate) ?? '';
      const isInside =
        isIP(canonical) === 4 ? models[4].check(canonical, 'ipv4') : models[6].check(canonical, 'ipv6');
      const made = createRanges(ranges);
      assert.equal(made.includes(candidate), isInside, `${ranges.join(' ')} ${candidate}`);
      assert.deepEqual(createRanges(made.texts).texts, made.texts);
    }),
    { numRuns: 5_000, seed: 26 },
  );
});

test('K14 an IPv4 address is in no IPv6 range, and an IPv6 address in no IPv4 range', () => {
  assert.equal(createRanges(['::/0']).includes('192.0.2.1'), false);
  assert.equal(createRanges(['::/0']).includes('::ffff:192.0.2.1'), false);
  assert.equal(createRanges(['0.0.0.0/0']).includes('2001:db8::1'), false);
  assert.equal(createRanges(['0.0.0.0/0']).includes('::192.0.2.1'), false);
  assert.equal(createRanges(['192.0.2.0/24']).includes('::ffff:192.0.2.1'), true);
  assert.equal(createRanges(['192.0.2.0/24']).includes('::ffff:c000:201'), true);
});

test('K14 no ranges hold nothing, and what is no address is in none', () => {
  assert.equal(createRanges([]).includes('192.0.2.1'), false);
  for (const text of ['', 'unknown', '192.0.2.1:80', 'fe80::1%eth0', '192.0.2'])
    assert.equal(createRanges(['0.0.0.0/0', '::/0']).includes(text), false, text);
});

test('K14 ranges are kept in one form; an address alone is a range of one', () => {
  assert.deepEqual(
    createRanges(['192.0.2.1', '2001:DB8:0::/32', '::ffff:10.0.0.0/104', '::ffff:192.0.2.1']).texts,
    ['192.0.2.1/32', '2001:db8::/32', '10.0.0.0/8', '192.0.2.1/32'],
  );
  assert.ok(createRanges(['2001:db8::1']).includes('2001:db8:0:0::1'));
  assert.ok(!createRanges(['2001:db8::1']).includes('2001:db8::2'));
});

test('K14 a range with host bits, or in another notation, is refused', () => {
  for (const text of [
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/+8',
    '10.0.0.0/8 ',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10/8',
    '10.*',
    '010.0.0.0/8',
    '0.0.0.1/0',
    '::1/0',
    'fd00::/129',
    'fd00::1/8',
    'fe80::%1/64',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.1/104',
    'host',
  ]) {
    assert.equal(isAddressRange(text), false, text);
    assert.throws(() => createRanges([text]), TypeError, text);
  }
});

test('K14 a network and its length are a range exactly when no bit is set behind the length', () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 130 }), (text, bits) => {
      const length = isIP(text) === 4 ? 32 : 128;
      const isNetwork =
        bits <= length &&
        canonicalAddress(cleared(text, bits).split('/')[0] ?? '') === canonicalAddress(text);
      assert.equal(isAddressRange(`${text}/${bits}`), isNetwork, `${text}/${bits}`);
    }),
    { numRuns: 3_000, seed: 26 },
  );
  assert.deepEqual(parseNetwork('::ffff:0:0/96')?.bits, 96);
});
