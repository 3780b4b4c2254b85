// What calls and deliveries go to: answers every request alike with 1 KiB, and a sign-in with a token. Written on the TLS socket, so
// that it takes as little as possible of the machine that all rivals share.
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { serve, type Tls } from './server.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKED_END = Buffer.from('0\r\n\r\n');
const ANSWER = answerOf(
  JSON.stringify({ id: 'ord_0123456789abcdef', status: 'COMPLETED', note: 'x'.repeat(967) }),
);
const SIGNED_IN = answerOf(JSON.stringify({ token: `token-${'0123456789abcdef'.repeat(8)}` }));

let requests = 0;

serve(
  async ({ tls }: { tls: Tls }): Promise<{ port: number }> => {
    const server = createServer({ ...tls, ALPNProtocols: ['http/1.1'] }, (socket) => answerAll(socket));
    await new Promise<void>((resolve) =>
      server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 }, resolve),
    );
    return { port: (server.address() as AddressInfo).port };
  },
  () => requests,
);

/** One request at a time, as undici sends them without pipelining. */
function answerAll(socket: TLSSocket): void {
  let received: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    received = received.length === 0 ? piece : Buffer.concat([received, piece]);
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = received.toString('latin1', 0, headEnd + 2).toLowerCase();
    const length = /\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1];
    if (length !== undefined && received.length < headEnd + HEAD_END.length + Number(length)) return;
    const isChunked = length === undefined && head.includes('\r\ntransfer-encoding: chunked\r\n');
    if (isChunked && !received.subarray(-CHUNKED_END.length).equals(CHUNKED_END)) return;
    received = Buffer.alloc(0);
    requests += 1;
    socket.write(head.startsWith('post /api/v1/auth/sign-in ') ? SIGNED_IN : ANSWER);
  });
}

function answerOf(body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
