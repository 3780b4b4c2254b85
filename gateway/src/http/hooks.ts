import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault, isId, type Limits } from '#base';
import type { Ingest } from '#ingest';
import { type ByteBudget, readBody } from './body.ts';
import type { RequestContext } from './context.ts';
import { parseTarget } from './path.ts';

export interface HookRooms {
  readonly ingest: Ingest;
  readonly limits: Limits;
  readonly budget: ByteBudget;
  readonly contextOf: (request: FastifyRequest) => RequestContext;
}

/** `POST /in/{endpoint}`: the answer leaves when the event is on disk, and not before. */
export function registerHooks(app: FastifyInstance, { ingest, limits, budget, contextOf }: HookRooms): void {
  app.post('/in/:endpoint', async (request, reply) => {
    const { address } = contextOf(request);
    const { path } = parseTarget(request.raw.url);
    const endpoint = path.slice('/in/'.length);
    if (!isId('endpoint', endpoint)) throw new Fault('NOT_FOUND');
    const body = await readBody({ request: request.raw, bytesMax: limits.webhookBodyBytesMax, budget });
    const { rawHeaders } = request.raw;
    const stored = await ingest.receive({ endpoint, rawHeaders, body, address });
    return reply
      .code(200)
      .type('application/json; charset=utf-8')
      .send(`{"event":"${stored.event}","duplicate":${stored.duplicate}}`);
  });
}
