/** Name constraints (RFC 5280 section 4.2.1.10): which names a development authority may vouch for. */
import { isIP } from 'node:net';

/** The object identifier of the name constraints extension. */
export const nameConstraintsOid = '2.5.29.30';

/**
 * What an authority may vouch for unless told otherwise: names that never belong to anybody on the Internet (RFC 6761,
 * RFC 2606, RFC 8375) and addresses that are not routed there. A stolen development key can't imitate a bank.
 */
export const developmentNames: readonly string[] = Object.freeze([
  'localhost',
  'test',
  'example',
  'example.com',
  'example.net',
  'example.org',
  'invalid',
  'internal',
  'local',
  'home.arpa',
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
]);

/** One permitted subtree: a DNS suffix, or address bytes followed by their mask. */
type Subtree = { readonly dns: string } | { readonly range: Uint8Array };

const derTags = Object.freeze({ sequence: 0x30, permitted: 0xa0, dns: 0x82, address: 0x87 });

/** The extension's DER for a list of DNS suffixes and address ranges (`10.0.0.0/8`; a bare address is itself alone). */
export function encodeNameConstraints(names: readonly string[]): Uint8Array {
  const subtrees = names.map((name) => {
    const subtree = parseSubtree(name);
    const base =
      'dns' in subtree
        ? encodeDer(derTags.dns, new TextEncoder().encode(subtree.dns))
        : encodeDer(derTags.address, subtree.range);
    return encodeDer(derTags.sequence, base);
  });
  return encodeDer(derTags.sequence, encodeDer(derTags.permitted, Buffer.concat(subtrees)));
}

/** Whether the constraints in `extension` (DER as made here) permit a DNS name or address literal. */
export function permitsName(extension: Uint8Array, name: string): boolean {
  const subtrees = decodeNameConstraints(extension);
  if (isIP(name) === 0) {
    const wanted = name.toLowerCase().replace(/^\*\./, '');
    return subtrees.some((tree) => 'dns' in tree && (wanted === tree.dns || wanted.endsWith(`.${tree.dns}`)));
  }
  const bytes = parseAddress(name);
  return subtrees.some((tree) => 'range' in tree && isInRange(bytes, tree.range));
}

function parseSubtree(name: string): Subtree {
  const [address = '', bits] = name.split('/');
  if (isIP(address) === 0) {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(name)) {
      throw new TypeError(`not a DNS suffix or address range: ${JSON.stringify(name)}`);
    }
    return { dns: name.toLowerCase() };
  }
  const bytes = parseAddress(address);
  const length = bits === undefined ? bytes.length * 8 : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > bytes.length * 8) {
    throw new TypeError(`not an address range: ${JSON.stringify(name)}`);
  }
  const mask = bytes.map((_, index) => (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff);
  return { range: Uint8Array.from([...bytes.map((byte, index) => byte & (mask[index] ?? 0)), ...mask]) };
}

/** The 4 or 16 bytes of an address literal that `isIP` accepts. */
export function parseAddress(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number));
  // The URL parser writes every IPv6 form, also one with an IPv4 tail, as hexadecimal groups.
  const groups = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail] = groups.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Uint8Array.from(
    [...before, ...zeros, ...after].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

function isInRange(address: Uint8Array, range: Uint8Array): boolean {
  if (range.length !== address.length * 2) return false;
  return address.every((byte, index) => (byte & (range[address.length + index] ?? 0)) === range[index]);
}

function encodeDer(tag: number, content: Uint8Array): Uint8Array {
  if (content.length > 0xffff) throw new RangeError('name constraints over 65,535 bytes');
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length <= 0xff
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Uint8Array.from([tag, ...length]), content]);
}

function decodeNameConstraints(extension: Uint8Array): Subtree[] {
  const [outer] = decodeDer(extension);
  const permitted = decodeDer(outer?.content ?? new Uint8Array()).find(
    ({ tag }) => tag === derTags.permitted,
  );
  return decodeDer(permitted?.content ?? new Uint8Array()).flatMap(({ content }): Subtree[] => {
    const [base] = decodeDer(content);
    if (base?.tag === derTags.dns)
      return [{ dns: new TextDecoder().decode(base.content).replace(/^\./, '') }];
    return base?.tag === derTags.address ? [{ range: base.content }] : [];
  });
}

function decodeDer(bytes: Uint8Array): { tag: number; content: Uint8Array }[] {
  const items: { tag: number; content: Uint8Array }[] = [];
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    const tag = bytes[offset] ?? 0;
    const first = bytes[offset + 1] ?? 0;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    const length =
      extra === 0
        ? first
        : bytes.subarray(offset + 2, offset + 2 + extra).reduce((sum, byte) => sum * 256 + byte, 0);
    const start = offset + 2 + extra;
    items.push({ tag, content: bytes.subarray(start, start + length) });
    offset = start + length;
  }
  return items;
}
