import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DueFault, RequestFault } from './faults.ts';
import { errorEnvelope, PlatformError, type PlatformErrorCode } from './koywe/errors.ts';
import { sandboxLimits } from './limits.ts';
import type { Schedule } from './schedule.ts';

/** Where the fault `redirect` sends its victims. */
export const redirectPath = '/_redirected';

export interface FaultNeeds {
  readonly schedule: Schedule;
  /** The credential's secret, for the faults that leak it. */
  readonly secret: () => string;
}

interface Victim {
  readonly due: DueFault<RequestFault>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * Does what a request fault says. `true`: the request has been answered, or never will be; `false`: it goes on.
 * `lost-answer` goes on here and is finished by `loseAnswer`.
 */
export async function performRequestFault(needs: FaultNeeds, victim: Victim): Promise<boolean> {
  const { due, request, reply } = victim;
  switch (due.fault) {
    case '401-expired':
      return refuse(victim, 'TOKEN_EXPIRED');
    case '403':
      return refuse(victim, 'FORBIDDEN');
    case '429':
      reply.header('retry-after', String(sandboxLimits.retryAfterSeconds));
      return refuse(victim, 'TOO_MANY_REQUESTS');
    case '500':
      return refuse(victim, 'INTERNAL_ERROR');
    case 'slow':
      await needs.schedule.wait(due.delayMs ?? sandboxLimits.slowMs);
      return false;
    case 'lost-answer':
      return false;
    case 'reset':
      reply.hijack();
      request.raw.socket.destroy();
      return true;
    case 'truncated':
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': 'application/json',
        'content-length': String(sandboxLimits.truncatedPromisedBytes),
      });
      reply.raw.write('{"cut":"here', () => request.raw.socket.destroySoon());
      return true;
    case 'echo-credentials':
    case 'gzip':
      await echoCredentials(needs.secret(), victim);
      return true;
    case 'redirect':
      await reply.code(302).header('location', `https://${request.host}${redirectPath}`).send();
      return true;
    case 'huge':
      // An answer to HEAD has no body, and writing to it would never meet back-pressure.
      if (request.method === 'HEAD') return false;
      reply.hijack();
      pourEndlessly(reply);
      return true;
  }
}

async function refuse({ request, reply }: Victim, code: PlatformErrorCode): Promise<true> {
  const envelope = errorEnvelope(new PlatformError(code), request.url);
  await reply.code(envelope.statusCode).send(envelope);
  return true;
}

async function echoCredentials(secret: string, { due, request, reply }: Victim): Promise<void> {
  const authorization = request.headers.authorization ?? '';
  const token = authorization.replace(/^Bearer /, '');
  const body = JSON.stringify({ message: `token ${token} secret ${secret}`, authorization, token, secret });
  reply
    .header('content-type', 'application/json')
    .header('x-echo-token', token)
    .header('x-echo-secret', secret);
  if (due.fault === 'gzip') await reply.header('content-encoding', 'gzip').send(gzipSync(body));
  else await reply.send(body);
}

/** Writes for as long as somebody reads; back-pressure keeps the memory flat. */
function pourEndlessly({ raw }: FastifyReply): void {
  const chunk = Buffer.alloc(sandboxLimits.hugeChunkBytes, 0x20);
  const pour = (): void => {
    let hasRoom = true;
    while (hasRoom && !raw.destroyed) hasRoom = raw.write(chunk);
  };
  raw.on('error', () => {});
  raw.on('drain', pour);
  raw.writeHead(200, { 'content-type': 'application/json' });
  pour();
}
