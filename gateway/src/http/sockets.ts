import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** The open connections of a server, those within their TLS handshake included. */
export interface Sockets {
  /** Those whose handshake is over. */
  secure(): Iterable<Socket>;
  /** Closes those within their handshake. */
  closeSilent(): void;
  closeAll(): void;
}

/**
 * Follows the connections of a server. Node's own list begins when the handshake is over: a connection that never
 * says a word would hold up the end of the server.
 */
export function createSockets(server: Server): Sockets {
  const open = new Set<Socket>();
  const shaking = new Map<string, Socket>();
  const secure = new Set<Socket>();

  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    open.add(socket);
    shaking.set(peer, socket);
    socket.once('close', () => {
      open.delete(socket);
      if (shaking.get(peer) === socket) shaking.delete(peer);
    });
  });
  server.on('secureConnection', (socket) => {
    shaking.delete(peerOf(socket));
    secure.add(socket);
    socket.once('close', () => secure.delete(socket));
  });
  // A socket that breaks during the handshake, or does not speak TLS, is closed without a word about why.
  server.on('tlsClientError', (_error, socket) => socket.destroy());

  return {
    secure: () => [...secure],
    closeSilent() {
      for (const socket of shaking.values()) socket.destroy();
    },
    closeAll() {
      for (const socket of [...secure, ...open]) socket.destroy();
    },
  };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`;
}
