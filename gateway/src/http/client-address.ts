import { type AddressRanges, canonicalAddress, Fault } from '#base';

/** Finds the address of who sent a request. */
export type ClientAddressOf = (message: Heard) => string;

/** What the rule looks at: the other side of the socket, and the header fields as they came. */
export interface Heard {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly rawHeaders: readonly string[];
}

/** Proxies before each other; more is a loop, or made up. */
const HOPS_MAX = 16;
const NAME = 'x-forwarded-for';

/**
 * Makes the rule by which a client's address is found: the socket's, unless a trusted proxy is on its other side. Then
 * `X-Forwarded-For` is read from the right, one hop for each trusted proxy, since each wrote down at the end whom it
 * heard: the first address that is no trusted proxy's is the client's. What stands left of it the client wrote itself,
 * and nobody reads it. `Forwarded` (RFC 7239) is not believed: a proxy that doesn't know it passes on what the
 * client made up.
 *
 * Throws `INVALID_REQUEST` where a trusted proxy handed over something that is no address.
 */
export function createClientAddress(trustedProxies: AddressRanges): ClientAddressOf {
  return (message) => {
    const heard = socketAddress(message.socket.remoteAddress);
    return trustedProxies.includes(heard) ? behindProxies(heard, message, trustedProxies) : heard;
  };
}

/** The canonical address of the other side of a socket; empty when it is gone already. */
export function socketAddress(remoteAddress: string | undefined): string {
  // A zone names an interface of this machine, and is no part of the address (RFC 4007 section 11).
  return canonicalAddress((remoteAddress ?? '').replace(/%.*$/s, '')) ?? '';
}

function behindProxies(proxy: string, message: Heard, trustedProxies: AddressRanges): string {
  const hops = listed(message);
  let address = proxy;
  for (let hop = 1; hops.length > 0 && trustedProxies.includes(address); hop += 1) {
    if (hop > HOPS_MAX) throw refused(`X-Forwarded-For names more than ${HOPS_MAX} trusted proxies.`);
    const next = canonicalAddress((hops.pop() ?? '').replace(/^[ \t]+|[ \t]+$/g, ''));
    if (next === null)
      throw refused('X-Forwarded-For must list addresses, without ports, brackets or names.');
    address = next;
  }
  return address;
}

/** Several headers are one list, in their order (RFC 9110 section 5.3). */
function listed({ rawHeaders }: Heard): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === NAME) values.push(rawHeaders[at + 1] ?? '');
  return values.length === 0 ? [] : values.join(',').split(',');
}

function refused(detail: string): Fault {
  return new Fault('INVALID_REQUEST', { detail });
}
