import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { Fault, type Log } from '#base';
import type { Admission } from './admission.ts';
import { connectFirst } from './connect-first.ts';
import { type CallPhase, codeOf, detailOf, unsentFault } from './faults.ts';
import type { Origin } from './origin.ts';
import { matchesPins } from './pins.ts';
import type { Resolve, ResolvedAddress } from './resolve.ts';

/** Where and how to connect. */
export interface DialTarget {
  readonly origin: Origin;
  readonly context: SecureContext;
  readonly pins: readonly string[];
}

/** A connection after its handshake, and the address at its other end. */
export interface Dialled {
  readonly socket: TLSSocket;
  readonly address: string;
}

/**
 * Opens one connection: looks the name up once, checks every address, connects to one of exactly those, shakes hands
 * under the host's name and checks the pins. Aborting `stop` ends it with that reason. Every fault says nothing was sent.
 */
export type Dial = (
  target: DialTarget,
  options: { stop: AbortController; timeoutMs: number },
) => Promise<Dialled>;

export interface DialPorts {
  readonly resolve: Resolve;
  readonly admission: Admission;
  readonly log: Log;
}

/** Makes the dialer. */
export function createDial(ports: DialPorts): Dial {
  return async (target, { stop, timeoutMs }) => {
    const { origin } = target;
    let phase: CallPhase = 'lookup';
    const onTimeout = (): void =>
      stop.abort(
        unsentFault('OUTBOUND_CONNECT_FAILED', {
          detail: detailOf('no answer in time', { host: origin.host, phase }),
        }),
      );
    const timer = setTimeout(onTimeout, timeoutMs);
    try {
      const addresses = await addressesOf(origin, { ...ports, signal: stop.signal });
      phase = 'connect';
      const { socket: tcp, address } = await connectFirst(addresses, {
        port: origin.port,
        signal: stop.signal,
      });
      phase = 'handshake';
      const socket = await shakeHands(tcp, { target, signal: stop.signal });
      return { socket, address };
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : dialFault(error, { host: origin.host, phase });
    } finally {
      clearTimeout(timer);
    }
  };
}

async function addressesOf(
  origin: Origin,
  options: DialPorts & { signal: AbortSignal },
): Promise<readonly ResolvedAddress[]> {
  refuse(options.admission.host(origin), { origin, log: options.log });
  const addresses =
    origin.family === 0
      ? await orAborted(options.resolve(origin.host), options.signal)
      : [{ address: origin.host, family: origin.family }];
  if (addresses.length === 0) throw new Error('no address');
  for (const { address } of addresses)
    refuse(options.admission.address(origin, address), { origin, log: options.log });
  return addresses;
}

function refuse(verdict: ReturnType<Admission['host']>, { origin, log }: { origin: Origin; log: Log }): void {
  if (verdict.ok) return;
  log.warn('An outbound address was refused.', { host: origin.host, reason: verdict.reason });
  throw unsentFault('OUTBOUND_ADDRESS_REFUSED', { detail: `${origin.host}: refused (${verdict.reason}).` });
}

function shakeHands(
  tcp: Socket,
  { target, signal }: { target: DialTarget; signal: AbortSignal },
): Promise<TLSSocket> {
  const { origin, pins, context } = target;
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: tcp,
      host: origin.host,
      servername: origin.family === 0 ? origin.host : '',
      secureContext: context,
      // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch it off. No session is resumed: a resumed one is not
      // verified again, neither its expiry nor its pins.
      rejectUnauthorized: true,
      checkServerIdentity: (_host, certificate) => checkIdentity(origin.host, certificate),
      ALPNProtocols: ['http/1.1'],
    });
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    socket.on('error', fail);
    socket.once('secureConnect', () => {
      const problem = peerProblem(socket, pins);
      if (problem !== null) return fail(problem);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail).on('error', ignore);
      resolve(socket);
    });
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
  });
}

function peerProblem(socket: TLSSocket, pins: readonly string[]): Error | null {
  if (!socket.authorized) return new Error('UNAUTHORIZED');
  const leaf: X509Certificate | undefined = socket.getPeerX509Certificate();
  if (pins.length > 0 && (leaf === undefined || !matchesPins(leaf, new Set(pins))))
    return new Error('PIN_MISMATCH');
  return null;
}

/** Names come from the subject alternative names alone (RFC 9525 section 2), never from the common name. */
function checkIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined) return new Error('NO_ALTERNATIVE_NAMES');
  return checkServerIdentity(host, certificate);
}

function dialFault(error: unknown, at: { host: string; phase: CallPhase }): Fault {
  if (error instanceof Fault) return error;
  const code = error instanceof Error && codeOf(error) === 'Error' ? error.message : codeOf(error);
  const cause = new Error(code);
  if (at.phase === 'lookup') {
    return unsentFault('OUTBOUND_NAME_UNRESOLVED', { detail: detailOf(`no address (${code})`, at), cause });
  }
  if (at.phase === 'connect') {
    return unsentFault('OUTBOUND_CONNECT_FAILED', { detail: detailOf(`no connection (${code})`, at), cause });
  }
  return unsentFault('OUTBOUND_TLS_FAILED', { detail: detailOf(`no trust (${code})`, at), cause });
}

async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function ignore(): void {
  // The client that uses the socket listens for itself; before and after, an error only closes the socket.
}
