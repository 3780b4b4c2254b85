import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Fault, type FaultCode, isId, toFault } from '#base';
import type { Arrival, Ingest, Received } from '#ingest';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import { answered } from './challenges.ts';
import type { Limiter } from './limiter.ts';
import type { ReceivedOf } from './received.ts';

export interface HookRooms {
  readonly ingest: Ingest;
  readonly budget: ByteBudget;
  readonly received: ReceivedOf;
  readonly limiter: Limiter;
}

const STRANGE: ReadonlySet<FaultCode> = new Set([
  'NOT_FOUND',
  'ENDPOINT_NOT_FOUND',
  'WEBHOOK_REFUSED',
  'ADDRESS_REFUSED',
] as const);

/** `POST /in/{endpoint}`: the answer leaves when the event is on disk, and not before. */
export function registerHooks(app: FastifyInstance, { ingest, budget, received, limiter }: HookRooms): void {
  // Not async: a frame that waits for the answer would keep the body for as long.
  const handOver = (
    request: IncomingMessage,
    { bodyBytesMax, ...to }: Arrival & { target: string; bodyBytesMax: number },
  ): Promise<Received> =>
    readBody({ request, bytesMax: bodyBytesMax, budget }).then((body) =>
      ingest.receive({ ...to, rawHeaders: request.rawHeaders, body }),
    );

  const take = async (
    request: IncomingMessage,
    to: { endpoint: string; address: string; target: string },
  ): Promise<Received> => {
    const { endpoint, address, target } = to;
    if (!isId('endpoint', endpoint)) throw new Fault('NOT_FOUND');
    const { bodyBytesMax } = await ingest.expect({ endpoint, address });
    return handOver(request, { endpoint, address, target, bodyBytesMax });
  };

  app.post('/in/:endpoint', async ({ raw }, reply) => {
    const { address, target } = received(raw);
    const endpoint = target.path.slice('/in/'.length);
    const { event, duplicate, acknowledgement } = await take(raw, {
      endpoint,
      address,
      target: target.path + target.query,
    }).catch(async (thrown: unknown) => {
      // What verifies is never counted, nor refused for the sake of what does not: a flood of forgeries can't keep the
      // platform's own out.
      if (STRANGE.has(toFault(thrown).code)) await limiter.strange(raw);
      throw thrown;
    });
    if (acknowledgement !== undefined) return answered(reply, acknowledgement);
    return reply.code(200).type('application/json; charset=utf-8').send(JSON.stringify({ event, duplicate }));
  });
}
