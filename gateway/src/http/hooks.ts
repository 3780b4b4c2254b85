import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { type EndpointId, Fault, isId, type Limits } from '#base';
import type { Ingest, Stored } from '#ingest';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { ReceivedOf } from './received.ts';

export interface HookRooms {
  readonly ingest: Ingest;
  readonly limits: Limits;
  readonly budget: ByteBudget;
  readonly received: ReceivedOf;
}

/** `POST /in/{endpoint}`: the answer leaves when the event is on disk, and not before. */
export function registerHooks(app: FastifyInstance, { ingest, limits, budget, received }: HookRooms): void {
  // Not async: a frame that waits for the answer would keep the body for as long.
  const handOver = (
    request: IncomingMessage,
    to: { endpoint: EndpointId; address: string },
  ): Promise<Stored> =>
    readBody({ request, bytesMax: limits.webhookBodyBytesMax, budget }).then((body) =>
      ingest.receive({ ...to, rawHeaders: request.rawHeaders, body }),
    );

  app.post('/in/:endpoint', async ({ raw }, reply) => {
    const { address, target } = received(raw);
    const endpoint = target.path.slice('/in/'.length);
    if (!isId('endpoint', endpoint)) throw new Fault('NOT_FOUND');
    await ingest.expect({ endpoint, address });
    const { event, duplicate } = await handOver(raw, { endpoint, address });
    return reply.code(200).type('application/json; charset=utf-8').send(JSON.stringify({ event, duplicate }));
  });
}
