import type { IncomingMessage } from 'node:http';
import { type Actor, type Clock, Fault, newId, type RequestId } from '#base';

/** What is known of a request before anybody is authenticated. */
export interface RequestContext {
  readonly request: RequestId;
  readonly address: string;
  readonly agent: string | null;
  readonly startedAtMs: number;
}

const AGENT_CHARACTERS_MAX = 200;

/** The context of a request. The address is the socket's: no header can change it. */
export function contextOf(message: IncomingMessage, clock: Clock): RequestContext {
  const agent = message.headers['user-agent'];
  return {
    request: newId('request', clock),
    address: canonicalAddress(message.socket.remoteAddress ?? ''),
    agent: agent === undefined ? null : printable(agent).slice(0, AGENT_CHARACTERS_MAX),
    startedAtMs: clock.monotonic(),
  };
}

/** An actor who has presented nothing yet. */
export function anonymous(context: RequestContext): Actor {
  return {
    kind: 'anonymous',
    id: null,
    address: context.address,
    agent: context.agent,
    request: context.request,
  };
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

function canonicalAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
