import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a server listens; `ca` makes it HTTPS. Only ever on this machine. */
export interface Target {
  readonly port: number;
  readonly ca: string | null;
}

/** One keep-alive connection that carries one request at a time. */
export interface Connection {
  /** Writes a whole request; gives the status once the whole answer has arrived. */
  send(request: Uint8Array, onAnswer: (status: number) => void): void;
  close(): void;
}

const HOST = '127.0.0.1';
const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKED_END = Buffer.from('\r\n0\r\n\r\n');

/**
 * Opens a connection. HTTP is written out by hand: a full client costs as much as the servers it measures, and this
 * machine's cores are shared with them.
 */
export async function openConnection({ port, ca }: Target): Promise<Connection> {
  const socket: Socket =
    ca === null ? connectPlain({ host: HOST, port }) : connectTls({ host: HOST, port, ca });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once(ca === null ? 'connect' : 'secureConnect', () => {
      socket.off('error', reject);
      resolve();
    });
  });
  let waiting: ((status: number) => void) | null = null;
  let received: Buffer = Buffer.alloc(0);
  const settle = (status: number): void => {
    const answer = waiting;
    waiting = null;
    received = Buffer.alloc(0);
    answer?.(status);
  };
  socket.on('data', (piece: Buffer) => {
    received = received.length === 0 ? piece : Buffer.concat([received, piece]);
    if (isComplete(received)) settle(Number(received.toString('latin1', 9, 12)));
  });
  // A connection lost in the middle of an answer counts as a failure, with a status no server gives.
  socket.on('error', () => settle(0));
  socket.on('close', () => settle(0));
  return {
    send(request, onAnswer) {
      waiting = onAnswer;
      if (socket.destroyed) settle(0);
      else socket.write(request);
    },
    close: () => socket.destroy(),
  };
}

/** Whether an answer is there to its last byte. Only one is under way, so nothing follows it. */
function isComplete(bytes: Buffer): boolean {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return false;
  const head = bytes.toString('latin1', 0, headEnd + 2).toLowerCase();
  const length = /\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= headEnd + HEAD_END.length + Number(length);
  return bytes.subarray(-CHUNKED_END.length).equals(CHUNKED_END);
}
