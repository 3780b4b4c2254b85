import { isIPv4, isIPv6 } from 'node:net';

const MAPPED_BITS = 96;

/**
 * An address in the one form in which it is compared and kept: dotted quads, or IPv6 in lower case and compressed
 * (RFC 5952). An IPv4 address within IPv6 (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is the IPv4 address.
 *
 * `null` for every other text: zones, short forms, octal and hexadecimal quads, a port or brackets beside it.
 *
 * @example canonicalAddress('2001:DB8:0::1'); // '2001:db8::1'
 */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  const bytes = parseAddress(text);
  return bytes === null ? null : printAddress(unmapped(bytes));
}

/**
 * The bytes of an address literal, 4 or 16 of them, or `null` when the text is not one.
 *
 * Strict: dotted quads without leading zeros, IPv6 without a zone. What the C library would also read (`127.1`,
 * `0x7f.1`, `2130706433`) is not an address here.
 *
 * @example parseAddress('127.0.0.1'); // Uint8Array [127, 0, 0, 1]
 */
export function parseAddress(text: string): Uint8Array | null {
  if (isIPv4(text)) return quad(text);
  if (!isIPv6(text) || text.includes('%')) return null;
  const gap = text.indexOf('::');
  if (gap === -1) return Uint8Array.from(groups(text));
  const head = groups(text.slice(0, gap));
  const tail = groups(text.slice(gap + 2));
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Whether an address is written the one way it is printed: RFC 5952 for IPv6, as the URL Standard prints it. */
export function isCanonicalAddress(text: string): boolean {
  const bytes = parseAddress(text);
  return bytes !== null && printAddress(bytes) === text;
}

/** What stands for whoever has an address: IPv4 as it is, the /64 of IPv6, of which one subscriber has all addresses. */
export function countingAddress(address: string): string {
  const bytes = parseAddress(address);
  if (bytes === null) return address;
  const bare = unmapped(bytes);
  return bare.length === 4 ? printAddress(bare) : `${printAddress(bare.slice().fill(0, 8))}/64`;
}

/** The 4 bytes of an IPv4 address that is written within IPv6; every other address as it is. */
export function unmapped(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 && isInNetwork(bytes, MAPPED) ? bytes.subarray(MAPPED_BITS / 8) : bytes;
}

/** The first bits of addresses that belong together. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

const MAPPED: Network = Object.freeze({
  bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0),
  bits: MAPPED_BITS,
});

/** Whether an address lies in a network of its own family. */
export function isInNetwork(address: Uint8Array, network: Network): boolean {
  if (address.length !== network.bytes.length) return false;
  for (let index = 0, left = network.bits; left > 0; index += 1, left -= 8) {
    const mask = left >= 8 ? 0xff : (0xff00 >> left) & 0xff;
    if ((((address[index] ?? 0) ^ (network.bytes[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** The text of 4 or 16 bytes. */
export function printAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  const { from, length } = longestZeros(words);
  if (length < 2) return words.join(':');
  return `${words.slice(0, from).join(':')}::${words.slice(from + length).join(':')}`;
}

/** RFC 5952 section 4.2: the longest run of zeros is left out, the first of equally long ones. */
function longestZeros(words: readonly string[]): { readonly from: number; readonly length: number } {
  let best = { from: 0, length: 0 };
  for (let from = 0; from < words.length; from += 1) {
    let end = from;
    while (words[end] === '0') end += 1;
    if (end - from > best.length) best = { from, length: end - from };
  }
  return best;
}

function quad(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number);
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return [...quad(group)];
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
