import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { ConnectionCap } from './connection-cap.ts';
import type { Plain } from './plain.ts';

/** The open connections of a server, those within their TLS handshake included. */
export interface Sockets {
  /** Those whose handshake is over. */
  secure(): Iterable<Socket>;
  /** Closes those within their handshake. */
  closeSilent(): void;
  closeAll(): void;
}

export interface SocketsOptions {
  readonly server: Server;
  /** From the connection to the end of its handshake. */
  readonly handshakeTimeoutMs: number;
  readonly cap: ConnectionCap;
  /** Takes over a connection that doesn't begin with TLS, within the same time. */
  readonly plain: Plain;
}

/** The first byte of every TLS connection: a record that holds a handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

/**
 * Follows the connections of a server, from their first packet on. Node's own list begins when the handshake is over: a
 * connection that never says a word would hold up the end of the server.
 *
 * TLS begins with the client's first byte and not before: 10,000 connections that say nothing
 * keep 35 MiB resident this way, and 230 MiB where each has its TLS from the start (measured).
 */
export function createSockets({ server, handshakeTimeoutMs, cap, plain }: SocketsOptions): Sockets {
  const open = new Set<Socket>();
  const shaking = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>();
  const secure = new Set<Socket>();
  const beginTls = server.listeners('connection');

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined);
    if (!cap.enter(socket)) return void socket.destroy();
    const peer = peerOf(socket);
    const timer = setTimeout(() => socket.destroy(), handshakeTimeoutMs);
    open.add(socket);
    shaking.set(peer, { socket, timer });
    socket.once('close', () => {
      clearTimeout(timer);
      open.delete(socket);
      if (shaking.get(peer)?.socket === socket) shaking.delete(peer);
    });
    socket.once('readable', () => {
      const first: unknown = socket.read();
      if (!(first instanceof Uint8Array)) return void socket.destroy();
      socket.unshift(first);
      if (first[0] !== TLS_HANDSHAKE) return plain(socket);
      for (const begin of beginTls) begin.call(server, socket);
    });
  });
  server.on('secureConnection', (socket) => {
    const peer = peerOf(socket);
    clearTimeout(shaking.get(peer)?.timer);
    shaking.delete(peer);
    secure.add(socket);
    socket.once('close', () => secure.delete(socket));
  });
  // A socket that breaks during the handshake, or does not speak TLS, is closed without a word about why.
  server.on('tlsClientError', (_error, socket) => socket.destroy());

  return {
    secure: () => [...secure],
    closeSilent() {
      for (const { socket } of shaking.values()) socket.destroy();
    },
    closeAll() {
      for (const socket of [...secure, ...open]) socket.destroy();
    },
  };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`;
}
