import type { Socket } from 'node:net';
import { type AddressRanges, countingAddress, type Limits } from '#base';
import { socketAddress } from './client-address.ts';

/** Counts the open connections of each client. */
export interface ConnectionCap {
  /** Counts a connection until it closes; `false` when its client has as many as it may have. */
  enter(socket: Socket): boolean;
}

export interface ConnectionCapOptions {
  readonly limits: Pick<Limits, 'connectionsPerAddressMax'>;
  /** Everybody comes through these, so they are not counted. */
  readonly trustedProxies: AddressRanges;
}

/**
 * Makes a cap, so that one client can't have all connections of a node. IPv6 counts by /64: whoever has one address of
 * it has them all.
 */
export function createConnectionCap({ limits, trustedProxies }: ConnectionCapOptions): ConnectionCap {
  const counts = new Map<string, number>();
  return {
    enter(socket) {
      const address = socketAddress(socket.remoteAddress);
      if (trustedProxies.includes(address)) return true;
      const client = countingAddress(address);
      const count = counts.get(client) ?? 0;
      if (count >= limits.connectionsPerAddressMax) return false;
      counts.set(client, count + 1);
      socket.once('close', () => {
        const left = (counts.get(client) ?? 1) - 1;
        if (left === 0) counts.delete(client);
        else counts.set(client, left);
      });
      return true;
    },
  };
}
