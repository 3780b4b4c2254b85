import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault, type FaultCode, isId, toFault } from '#base';
import type { Arrival, Ingest, Received } from '#ingest';
import type { Answering } from './answering.ts';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Limiter } from './limiter.ts';
import type { ReceivedOf } from './received.ts';

export interface HookRooms {
  readonly ingest: Ingest;
  readonly budget: ByteBudget;
  readonly received: ReceivedOf;
  readonly limiter: Limiter;
  readonly answering: Answering;
}

/** Handles one request that was admitted. Never throws; the answer tells. */
export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const STRANGE: ReadonlySet<FaultCode> = new Set([
  'NOT_FOUND',
  'ENDPOINT_NOT_FOUND',
  'WEBHOOK_REFUSED',
  'ADDRESS_REFUSED',
] as const);

/** Where webhooks come in. */
export const HOOKS = '/in/';
const ROUTE = `${HOOKS}:endpoint`;
const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * `POST /in/{endpoint}`: the answer leaves when the event is on disk, and not before. Beside Fastify: with one route and
 * one shape of answer it has nothing to do here (bench/README.md).
 */
export function createHooks({ ingest, budget, received, limiter, answering }: HookRooms): Handle {
  // Not async: a frame that waits for the answer would keep the body for as long.
  const handOver = (
    request: IncomingMessage,
    { bodyBytesMax, ...to }: Arrival & { target: string; bodyBytesMax: number },
  ): Promise<Received> =>
    readBody({ request, bytesMax: bodyBytesMax, budget }).then((body) =>
      ingest.receive({ ...to, rawHeaders: request.rawHeaders, body }),
    );

  const take = async (request: IncomingMessage): Promise<Received> => {
    const { address, target } = received(request);
    const endpoint = target.path.slice(HOOKS.length);
    if (!isId('endpoint', endpoint)) throw new Fault('NOT_FOUND');
    const { bodyBytesMax } = await ingest.expect({ endpoint, address });
    return handOver(request, { endpoint, address, target: target.path + target.query, bodyBytesMax });
  };

  const refuse = async (
    request: IncomingMessage,
    response: ServerResponse,
    first: unknown,
  ): Promise<void> => {
    let thrown = first;
    try {
      // What verifies is never counted, nor refused for the sake of what does not: a flood of forgeries can't keep the
      // platform's own out.
      if (STRANGE.has(toFault(first).code)) await limiter.strange(request);
    } catch (limited) {
      thrown = limited;
    }
    answering.fail({ request, response, route: ROUTE }, thrown);
  };

  return (request, response) => {
    take(request)
      .then(({ event, duplicate, acknowledgement }) => {
        const answer = acknowledgement ?? {
          status: 200,
          contentType: JSON_TYPE,
          body: JSON.stringify({ event, duplicate }),
        };
        answering.whole(request, response, answer);
      })
      .catch((thrown: unknown) => refuse(request, response, thrown));
  };
}
