import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access, Principal } from '#access';
import { type Actor, Fault, type Limits } from '#base';
import { hasBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import { readJson } from './json-body.ts';
import { parseQuery } from './query.ts';
import { anonymous, type Received, type ReceivedOf, singleHeader } from './received.ts';
import type { Route } from './route.ts';

export interface SurfaceRooms {
  readonly access: Access;
  readonly limits: Limits;
  readonly budget: ByteBudget;
  readonly received: ReceivedOf;
}

/** Registers the routes with JSON shapes. */
export function registerRoutes(app: FastifyInstance, routes: readonly Route[], rooms: SurfaceRooms): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => answer(route, request, reply, rooms),
    });
  }
}

async function answer(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  rooms: SurfaceRooms,
): Promise<unknown> {
  const received = rooms.received(request.raw);
  const query = parseQuery(received.target.query);
  const principal = await principalOf(route, request, received, rooms.access);
  const actor: Actor =
    principal === null ? anonymous(received) : { ...anonymous(received), kind: 'key', id: principal.key };
  const body = await bodyOf(route, request, rooms);
  const result = await route.run({ params: request.params, query, body, principal, actor });
  reply.code(route.status);
  if (route.status === 204) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(result));
}

async function principalOf(
  route: Route,
  request: FastifyRequest,
  received: Received,
  access: Access,
): Promise<Principal | null> {
  if (route.surface === 'public') return null;
  const authorization = singleHeader(request.raw, 'authorization');
  return access.authenticate({ authorization, surface: route.surface, actor: anonymous(received) });
}

async function bodyOf(route: Route, { raw }: FastifyRequest, rooms: SurfaceRooms): Promise<unknown> {
  if (route.schemas.body !== null) return readJson(raw, rooms);
  refuseBody(raw);
  return {};
}

/** Refuses a body where none belongs: nobody would read it. */
export function refuseBody(request: FastifyRequest['raw']): void {
  if (hasBody(request)) throw new Fault('INVALID_REQUEST', { detail: 'This operation takes no body.' });
}
