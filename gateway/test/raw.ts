import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { AnswerToJudge } from './problem.ts';

/** A naked TLS connection: for what no client would send. */
export interface RawConnection {
  readonly socket: TLSSocket;
  send(bytes: string | Uint8Array): void;
  /** The next answer; rejects when the connection ends before one is complete. */
  answer(): Promise<AnswerToJudge>;
  /** Resolves when the other side has closed; with the bytes that belong to no complete answer. */
  closed: Promise<string>;
}

export interface RawOptions {
  readonly url: string;
  readonly ca: string;
  readonly tls?: ConnectionOptions;
}

/** Opens one; destroyed after the test. */
export async function withRaw(
  t: { after(hook: () => void): unknown },
  { url, ca, tls = {} }: RawOptions,
): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ca, servername: 'localhost', ...tls });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  let received = '';
  let wake: () => void = () => undefined;
  let isOver = false;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    wake();
  });
  const closed = Promise.withResolvers<string>();
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isOver = true;
    closed.resolve(received);
    wake();
  });

  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    async answer() {
      for (;;) {
        const parsed = takeAnswer(received, isOver);
        if (parsed !== null) {
          received = parsed.rest;
          return parsed.answer;
        }
        if (isOver) throw new Error(`closed after ${JSON.stringify(received)}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    closed: closed.promise,
  };
}

function takeAnswer(text: string, isOver: boolean): { answer: AnswerToJudge; rest: string } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
  const body = text.slice(end + 4);
  const finish = (content: string, used: number) => ({
    answer: { status, headers, text: content },
    rest: body.slice(used),
  });
  if (status === 100 || status === 204) return finish('', 0);
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(body, finish);
  const length = headers['content-length'];
  if (length === undefined) return isOver ? finish(body, body.length) : null;
  return body.length < Number(length) ? null : finish(body.slice(0, Number(length)), Number(length));
}

function takeChunks<T>(body: string, finish: (content: string, used: number) => T): T | null {
  let at = 0;
  let content = '';
  for (;;) {
    const end = body.indexOf('\r\n', at);
    if (end === -1) return null;
    const size = Number.parseInt(body.slice(at, end), 16);
    const next = end + 2 + size + 2;
    if (body.length < next) return null;
    if (size === 0) return finish(content, next);
    content += body.slice(end + 2, end + 2 + size);
    at = next;
  }
}
