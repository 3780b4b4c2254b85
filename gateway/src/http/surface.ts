import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '#access';
import { type Actor, Fault, type Limits } from '#base';
import { hasBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Door } from './door.ts';
import { readJson } from './json-body.ts';
import type { Limiter } from './limiter.ts';
import { parseQuery } from './query.ts';
import { anonymous, type Received, type ReceivedOf, singleHeader } from './received.ts';
import type { Route } from './route.ts';

export interface SurfaceRooms {
  readonly door: Door;
  readonly limiter: Limiter;
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
  const gone = goneOf(reply.raw);
  if (route.surface === 'public') await rooms.limiter.takeAddress(request.raw);
  const {
    principal: entered,
    actor,
    body: read,
    again,
  } = await enter(route, request, {
    door: rooms.door,
    received,
    response: reply.raw,
    query,
  });
  const body = await bodyOf(route, request, { ...rooms, read });
  const principal = hasBody(request.raw) ? await again() : entered;
  const result = await route.run({
    params: request.params,
    query,
    body: body.value,
    bytes: body.bytes,
    principal,
    actor,
    origin: singleHeader(request.raw, 'origin'),
    guard: (given) => rooms.limiter.guarded(request.raw, given),
    again,
    gone,
    idempotencyKey:
      route.takesIdempotencyKey !== false ? singleHeader(request.raw, 'idempotency-key') : undefined,
  });
  reply.code(route.status);
  if (route.status === 204) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(result));
}

async function enter(
  { method, path, surface, scope, on }: Route,
  { raw }: FastifyRequest,
  {
    door,
    received,
    response,
    query,
  }: { door: Door; received: Received; response: ServerResponse; query: Readonly<Record<string, string>> },
): Promise<Visit> {
  if (surface === 'public')
    return { principal: null, actor: anonymous(received), body: null, again: async () => null };
  if (scope === null) throw new Fault('INTERNAL', { detail: 'An operation has no scope.' });
  return door.enter(raw, {
    surface,
    scope,
    route: `${method} ${path}`,
    response,
    ...(on === null ? {} : { on: (principal: Principal) => on(query, principal) }),
  });
}

interface Visit {
  readonly principal: Principal | null;
  readonly actor: Actor;
  readonly body: Uint8Array | null;
  readonly again: () => Promise<Principal | null>;
}

async function bodyOf(
  route: Route,
  { raw }: FastifyRequest,
  rooms: SurfaceRooms & { readonly read: Uint8Array | null },
): Promise<{ readonly bytes: Uint8Array; readonly value: unknown }> {
  const isLacking = route.bodyMayLack && !hasBody(raw);
  if (route.schemas.body !== null && !isLacking) return readJson(raw, rooms);
  refuseBody(raw);
  return { bytes: new Uint8Array(), value: {} };
}

/** Aborted when the connection closes before the answer has left. */
function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** Refuses a body where none belongs: nobody would read it. */
export function refuseBody(request: FastifyRequest['raw']): void {
  if (hasBody(request)) throw new Fault('INVALID_REQUEST', { detail: 'This operation takes no body.' });
}
