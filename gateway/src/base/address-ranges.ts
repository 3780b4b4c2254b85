import { isInNetwork, type Network, parseAddress, printAddress, unmapped } from './address.ts';

/** Ranges of addresses in CIDR notation. */
export interface AddressRanges {
  /** Whether an address lies in one of them. A text that is no address lies in none, nor does any in no ranges. */
  includes(address: string): boolean;
  /** The ranges in their canonical form. */
  readonly texts: readonly string[];
}

const MAPPED_BITS = 96;
const RANGES_MAX = 100;

/**
 * Makes a set of ranges. IPv4 ranges hold IPv4 addresses only, those written within IPv6 (`::ffff:…`) among them.
 *
 * Throws a `TypeError` for a text that `isAddressRange` refuses: whoever takes it from a person checks it first.
 *
 * @example createRanges(['192.0.2.0/24', '2001:db8::1']).includes('192.0.2.7'); // true
 */
export function createRanges(texts: readonly string[]): AddressRanges {
  const networks = texts.map((text) => {
    const network = parseRange(text);
    if (network === null) throw new TypeError('not an address range');
    return network;
  });
  return Object.freeze({
    includes(address: string) {
      const parsed = parseAddress(address);
      if (parsed === null) return false;
      const bytes = unmapped(parsed);
      return networks.some((network) => isInNetwork(bytes, network));
    },
    texts: Object.freeze(networks.map(printRange)),
  });
}

/**
 * Whether a text is a range: an address, or a network's address and its length. `192.0.2.7/24` is not one, since its
 * author meant either that host or that network, and nobody can tell which.
 */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== null;
}

/** What is wrong with ranges that a person sent, by the field that holds them. */
export function rangeProblems(
  texts: readonly string[],
  path: string,
): { readonly path: string; readonly problem: string }[] {
  if (texts.length > RANGES_MAX) return [{ path, problem: `at most ${RANGES_MAX}` }];
  const problem =
    'must be an address or a range such as 192.0.2.0/24 or 2001:db8::/32, with no bits after its prefix';
  return texts.flatMap((text, at) => (isAddressRange(text) ? [] : [{ path: `${path}.${at}`, problem }]));
}

/** The network that a range names, IPv4 within IPv6 unwrapped, or `null` when the text is not a range. */
export function parseRange(text: string): Network | null {
  const network = parseNetwork(text);
  if (network === null) return null;
  const bytes = unmapped(network.bytes);
  return bytes === network.bytes ? network : Object.freeze({ bytes, bits: network.bits - MAPPED_BITS });
}

/** The same as it is written: `::ffff:0:0/96` stays a network of IPv6. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (bytes === null) return null;
  const bits = slash === -1 ? bytes.length * 8 : lengthOf(text.slice(slash + 1));
  return bits > bytes.length * 8 || hasHostBits(bytes, bits) ? null : Object.freeze({ bytes, bits });
}

/** The canonical text of a network. */
export function printRange({ bytes, bits }: Network): string {
  return `${printAddress(bytes)}/${bits}`;
}

function lengthOf(text: string): number {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

function hasHostBits(bytes: Uint8Array, bits: number): boolean {
  return bytes.some((byte, at) => (byte & (0xff >> Math.min(8, Math.max(0, bits - 8 * at)))) !== 0);
}
