import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const LINGER_MS = 500;
const LINGER_BYTES = 256 * 1024;
const STEPS = 10;

/**
 * Ends a connection whose other side may still be sending: closed at once, the system would reset it and the answer
 * could be lost on the way (RFC 9112 section 9.6). What comes in is dropped, for a short time and up to a limit.
 */
export function endGently(socket: Socket, lastBytes: string, request?: IncomingMessage): void {
  if (socket.destroyed) return;
  const readBefore = socket.bytesRead;
  let steps = 0;
  const timer = setInterval(() => {
    steps += 1;
    if (steps === STEPS || socket.bytesRead - readBefore > LINGER_BYTES) socket.destroy();
  }, LINGER_MS / STEPS);
  socket.once('close', () => clearInterval(timer)).once('end', () => socket.destroy());
  if (socket.writable) socket.end(lastBytes);
  request?.resume();
  socket.resume();
}
