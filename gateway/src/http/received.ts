import type { IncomingMessage } from 'node:http';
import { type Actor, type Clock, Fault, newId, type RequestId } from '#base';
import { type ClientAddressOf, socketAddress } from './client-address.ts';
import type { ShownCertificates } from './client-certificate.ts';
import type { RequestTarget } from './path.ts';

/** What is known of a request before anybody is authenticated. */
export interface Received {
  readonly request: RequestId;
  /** Of the client, by the rule of trusted proxies; empty when its connection is gone. */
  readonly address: string;
  readonly agent: string | null;
  /** The SHA-256 fingerprint of the client certificate in hexadecimal; it was verified. */
  readonly certificate: string | null;
  /** The target as it was sent; not what the router was given. */
  readonly target: RequestTarget;
}

/** Written here alone, as more becomes known: a copy at each step cost as much as making it. */
type Changing = { -readonly [Name in keyof Received]: Received[Name] };

/** Finds what is known of a request that was admitted. */
export type ReceivedOf = (message: IncomingMessage) => Received;

const AGENT_CHARACTERS_MAX = 200;
const NO_TARGET: RequestTarget = Object.freeze({ path: '', query: '' });

export interface ReceivedOptions {
  readonly clock: Clock;
  readonly clientAddressOf: ClientAddressOf;
  readonly certificates: Pick<ShownCertificates, 'of'>;
}

/** Keeps what is known of each request for as long as it is under way. */
export function createReceived({ clock, clientAddressOf, certificates }: ReceivedOptions): {
  /** Before anything of it is believed: it has the socket's address. */
  begin(message: IncomingMessage): Received;
  /** Finds the client's address; throws `INVALID_REQUEST` where a trusted proxy handed over none. */
  locate(message: IncomingMessage): string;
  admitted(message: IncomingMessage, target: RequestTarget): void;
  of: ReceivedOf;
} {
  const facts = new WeakMap<IncomingMessage, Changing>();
  const of = (message: IncomingMessage): Changing => {
    const known = facts.get(message);
    if (known === undefined) throw new Fault('INTERNAL', { detail: 'A request was not admitted.' });
    return known;
  };
  return {
    begin(message) {
      const agent = message.headers['user-agent'];
      const received: Changing = {
        request: newId('request', clock),
        address: socketAddress(message.socket.remoteAddress),
        agent: agent === undefined ? null : printable(agent).slice(0, AGENT_CHARACTERS_MAX),
        certificate: certificates.of(message.socket),
        target: NO_TARGET,
      };
      facts.set(message, received);
      return received;
    },
    locate(message) {
      const address = clientAddressOf(message);
      of(message).address = address;
      return address;
    },
    admitted(message, target) {
      of(message).target = target;
    },
    of,
  };
}

/** An actor who has presented nothing yet. */
export function anonymous({ address, agent, request }: Received): Actor {
  return { kind: 'anonymous', id: null, address: address === '' ? null : address, agent, request };
}

/**
 * The value of a header that may be sent once at most.
 * Node keeps the first of two `authorization` headers silently; the raw list shows both.
 */
export function singleHeader(message: IncomingMessage, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    if (message.rawHeaders[at]?.toLowerCase() !== name) continue;
    if (found !== undefined)
      throw new Fault('INVALID_REQUEST', { detail: `The header ${name} was sent twice.` });
    found = message.rawHeaders[at + 1];
  }
  return found;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
