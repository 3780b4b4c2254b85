import type { Socket } from 'node:net';
import { type Clock, Fault, type Limits, newId } from '#base';
import { hasOwnCredential } from './admission.ts';
import { endGently } from './linger.ts';
import { parseTarget } from './path.ts';
import { IN_CLEAR, problemAnswer, problemBytes } from './problem-answer.ts';

/** Answers a connection that speaks without TLS; nothing of it was read yet. */
export type Plain = (socket: Socket) => void;

export interface PlainOptions {
  readonly limits: Pick<Limits, 'headersBytesMax'>;
  readonly clock: Clock;
  /** Where pages are, such as `https://gateway.example`; `null` when nobody said, and then nothing is redirected. */
  readonly origin: () => string | null;
  /** A request was refused. */
  readonly onRefused: (fault: Fault, requestId: string) => void;
}

const REQUEST_LINE = /^([A-Z]{3,20}) ([^ \r\n]+) HTTP\/\d\.\d\r?\n/;
/** What may still become a request line. Whoever begins otherwise speaks another protocol, and gets no answer. */
const REQUEST_BEGINS = /^(?:[A-Z]{0,20}$|[A-Z]{3,20} )/;
const END = '\r\n\r\n';

/**
 * Makes the answer to plain HTTP: 403 for an API, which a redirect would teach to go on sending its credentials in the
 * clear first; a redirect for pages, to the address that was configured and not to the one that the request names.
 *
 * No body is read, and no second request: there is one answer, and the connection ends. Whoever calls this bounds its
 * time.
 */
export function createPlain({ limits, clock, origin, onRefused }: PlainOptions): Plain {
  const answerTo = (head: string): string => {
    const [line, method = '', target = ''] = REQUEST_LINE.exec(head) ?? [];
    const hasCredential = /\n(?:proxy-)?authorization[ \t]*:/i.test(head) || hasOwnCredential(target);
    const base = line !== undefined && !hasCredential && isPage(method, target) ? origin() : null;
    if (base !== null) return redirectBytes(base + target, clock);
    const fault = new Fault('PLAIN_HTTP', {
      detail: hasCredential
        ? 'The request came in the clear, and so did the credential in it: replace that credential.'
        : 'The request came in the clear.',
    });
    const id = newId('request', clock);
    onRefused(fault, id);
    return problemBytes({ answer: problemAnswer(fault, id, IN_CLEAR), clock, hasBody: method !== 'HEAD' });
  };

  return (socket) => {
    let head = '';
    const onReadable = (): void => {
      const seen = head.length;
      for (let bytes = next(socket); bytes !== null; bytes = next(socket)) head += bytes.toString('latin1');
      if (!REQUEST_BEGINS.test(head)) return void socket.destroy();
      const end = head.indexOf(END, Math.max(0, seen - END.length));
      if (end === -1 && head.length < limits.headersBytesMax) return;
      socket.off('readable', onReadable);
      endGently(socket, answerTo(end === -1 ? head : head.slice(0, end + END.length)));
    };
    socket.on('readable', onReadable);
    onReadable();
  };
}

/** Where people go with a browser: the console. Only what asks for a page; nothing that sends something there. */
function isPage(method: string, target: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  try {
    const { path } = parseTarget(target);
    return path === '/' || path === '/console' || path.startsWith('/console/');
  } catch {
    return false;
  }
}

function redirectBytes(location: string, clock: Clock): string {
  const headers = { ...IN_CLEAR, location, 'content-length': '0' };
  return problemBytes({ answer: { status: 308, headers, body: '' }, clock, hasBody: true });
}

function next(socket: Socket): Buffer | null {
  const bytes: unknown = socket.read();
  return bytes instanceof Buffer ? bytes : null;
}
