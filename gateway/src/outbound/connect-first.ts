import { connect, type Socket } from 'node:net';
import { OUTBOUND_BOUNDS } from './bounds.ts';
import type { ResolvedAddress } from './resolve.ts';

const KEEP_ALIVE_PROBE_MS = 60_000;

/**
 * Connects to the first address that answers: families take turns, each attempt starts a moment after the one before
 * or as soon as it fails (RFC 8305 section 5). Exactly the addresses given are tried, nothing is looked up.
 *
 * Rejects with the last attempt's error, or with the signal's reason; no attempt outlives the promise.
 */
export function connectFirst(
  addresses: readonly ResolvedAddress[],
  options: { port: number; signal: AbortSignal },
): Promise<{ socket: Socket; address: string }> {
  const { port, signal } = options;
  const order = takeTurns(addresses).slice(0, OUTBOUND_BOUNDS.addressesTriedMax);
  const open = new Set<Socket>();
  let tried = 0;
  let timer: NodeJS.Timeout | undefined;

  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      for (const socket of open) socket.destroy();
    };
    const onAbort = (): void => {
      settle();
      reject(signal.reason);
    };
    const tryNext = (): void => {
      clearTimeout(timer);
      const next = order[tried];
      if (next === undefined) return;
      tried += 1;
      const socket = connect({
        host: next.address,
        port,
        autoSelectFamily: false,
        lookup: refuseLookup,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
      });
      open.add(socket);
      socket.once('connect', () => {
        open.delete(socket);
        settle();
        resolve({ socket, address: next.address });
      });
      socket.on('error', (error) => {
        if (!open.delete(socket)) return;
        if (tried < order.length) return tryNext();
        if (open.size > 0) return;
        settle();
        reject(error);
      });
      if (tried < order.length) timer = setTimeout(tryNext, OUTBOUND_BOUNDS.connectStaggerMs);
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    tryNext();
  });
}

/** The addresses with the families in turns, beginning with that of the first. */
export function takeTurns(addresses: readonly ResolvedAddress[]): readonly ResolvedAddress[] {
  const first = addresses.filter((entry) => entry.family === addresses[0]?.family);
  const second = addresses.filter((entry) => entry.family !== addresses[0]?.family);
  const turns: ResolvedAddress[] = [];
  for (let index = 0; index < Math.max(first.length, second.length); index += 1) {
    turns.push(...first.slice(index, index + 1), ...second.slice(index, index + 1));
  }
  return turns;
}

/** Address literals never reach a look-up; should one, it fails rather than resolve a second time. */
function refuseLookup(
  _host: string,
  _options: object,
  callback: (error: Error, address: string) => void,
): void {
  callback(new Error('no second look-up'), '');
}
