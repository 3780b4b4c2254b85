import { isIP } from 'node:net';
import { isCanonicalAddress } from '#base';

/** Where a call goes, taken apart. */
export interface Origin {
  /** `https://host[:port]`, the port only when it is not 443. */
  readonly text: string;
  /** The host name, or the address without brackets. */
  readonly host: string;
  readonly port: number;
  /** 4 or 6 when the host is an address literal, 0 when it is a name. */
  readonly family: number;
}

export type OriginVerdict =
  | { readonly ok: true; readonly origin: Origin }
  | { readonly ok: false; readonly reason: string };

const ORIGIN_MAX = 8 + 253 + 6;
const pattern = /^https:\/\/(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::([1-9][0-9]{0,4}))?$/;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Takes an origin apart when it is written in its one canonical form.
 *
 * HTTPS, a lower-case ASCII name (RFC 1123 labels, IDNs as `xn--`) or a canonical address, an optional decimal port,
 * and nothing behind it: what two parsers could read differently is refused, so that the host that was checked is the
 * host that is called.
 *
 * @example parseOrigin('https://api.example.com:8443');
 */
export function parseOrigin(text: string): OriginVerdict {
  if (text.length > ORIGIN_MAX) return refused('The address is too long.');
  if (!text.startsWith('https://')) return refused('Only https:// addresses are called.');
  const match = pattern.exec(text);
  if (match === null) return refused('The address is not https://host[:port] in lower-case ASCII.');
  const [, bracketed, name, portText] = match;
  const host = bracketed ?? name ?? '';
  const port = portText === undefined ? 443 : Number(portText);
  if (port > 65_535) return refused('The port is out of range.');
  const family = isIP(host);
  if (
    bracketed !== undefined ? !(family === 6 && isCanonicalAddress(host)) : family !== 4 && !isHostName(host)
  ) {
    return refused('The host is neither a canonical name nor a canonical address.');
  }
  const written = bracketed === undefined ? host : `[${host}]`;
  const origin = {
    text: port === 443 ? `https://${written}` : `https://${written}:${port}`,
    host,
    port,
    family,
  };
  return { ok: true, origin: Object.freeze(origin) };
}

/** Splits an `https://` address into its origin and its raw request target, changing no byte of the target. */
export function splitAddress(
  address: string,
):
  | { readonly ok: true; readonly origin: Origin; readonly target: string }
  | { readonly ok: false; readonly reason: string } {
  const end = /[/?#\\]/.exec(address.slice('https://'.length));
  const at = end === null ? address.length : 'https://'.length + end.index;
  const verdict = parseOrigin(address.slice(0, at));
  if (!verdict.ok) return verdict;
  const rest = address.slice(at);
  const target = rest === '' || rest.startsWith('?') ? `/${rest}` : rest;
  if (!isTarget(target)) return refused('The path is not printable ASCII without "#".');
  return { ok: true, origin: verdict.origin, target };
}

/** Whether a request target can be sent as it is: origin form (RFC 9112 section 3.2.1), printable ASCII, no fragment. */
export function isTarget(target: string): boolean {
  return /^\/[\x21\x22\x24-\x7e]*$/.test(target);
}

/** Names that end in a number are addresses to the URL Standard and to inet_aton (`127.1`, `0x7f.1`): not names. */
function isHostName(host: string): boolean {
  if (host.length > 253) return false;
  const labels = host.split('.');
  return labels.every((part) => label.test(part)) && !/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '');
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
