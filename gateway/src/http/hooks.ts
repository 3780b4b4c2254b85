import type { FastifyInstance } from 'fastify';
import { Fault, isId, type Limits } from '#base';
import type { Ingest } from '#ingest';
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
  app.post('/in/:endpoint', async ({ raw }, reply) => {
    const { address, target } = received(raw);
    const endpoint = target.path.slice('/in/'.length);
    if (!isId('endpoint', endpoint)) throw new Fault('NOT_FOUND');
    await ingest.expect(endpoint);
    const body = await readBody({ request: raw, bytesMax: limits.webhookBodyBytesMax, budget });
    const { event, duplicate } = await ingest.receive({
      endpoint,
      rawHeaders: raw.rawHeaders,
      body,
      address,
    });
    return reply.code(200).type('application/json; charset=utf-8').send(JSON.stringify({ event, duplicate }));
  });
}
