import type { IncomingMessage, ServerResponse } from 'node:http';
import { type EndpointId, Fault, type FaultCode, isId, type Limits, toFault } from '#base';
import type { Ingest, Stored } from '#ingest';
import type { Answering } from './answering.ts';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Limiter } from './limiter.ts';
import type { ReceivedOf } from './received.ts';

export interface HookRooms {
  readonly ingest: Ingest;
  readonly limits: Limits;
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
export function createHooks({ ingest, limits, budget, received, limiter, answering }: HookRooms): Handle {
  // Not async: a frame that waits for the answer would keep the body for as long.
  const handOver = (
    request: IncomingMessage,
    to: { endpoint: EndpointId; address: string },
  ): Promise<Stored> =>
    readBody({ request, bytesMax: limits.webhookBodyBytesMax, budget }).then((body) =>
      ingest.receive({ ...to, rawHeaders: request.rawHeaders, body }),
    );

  const take = async (request: IncomingMessage): Promise<Stored> => {
    const { address, target } = received(request);
    const endpoint = target.path.slice(HOOKS.length);
    if (!isId('endpoint', endpoint)) throw new Fault('NOT_FOUND');
    await ingest.expect({ endpoint, address });
    return handOver(request, { endpoint, address });
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
      .then(({ event, duplicate }) => {
        const body = JSON.stringify({ event, duplicate });
        answering.whole(request, response, { status: 200, contentType: JSON_TYPE, body });
      })
      .catch((thrown: unknown) => refuse(request, response, thrown));
  };
}
