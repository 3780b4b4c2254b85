import { isIPv4, isIPv6 } from 'node:net';

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

/**
 * Whether an address is written the one way it is printed: RFC 5952 for IPv6, as the URL Standard prints it.
 */
export function isCanonicalAddress(text: string): boolean {
  if (isIPv4(text)) return true;
  return parseAddress(text) !== null && new URL(`https://[${text}]/`).hostname === `[${text}]`;
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
