import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access, Principal } from '#access';
import { type Actor, Fault, type Limits, textOf } from '#base';
import { type ByteBudget, readBody } from './body.ts';
import { anonymous, type RequestContext, singleHeader } from './context.ts';
import { parseTarget } from './path.ts';
import type { Route } from './route.ts';

export interface SurfaceRooms {
  readonly access: Access;
  readonly limits: Limits;
  readonly budget: ByteBudget;
  readonly contextOf: (request: FastifyRequest) => RequestContext;
}

const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
// Names under which a credential is commonly put into an address, where every hop would log it.
const CREDENTIAL_NAMES = new Set([
  'token',
  'access_token',
  'api_key',
  'apikey',
  'key',
  'secret',
  'authorization',
  'password',
]);
const JSON_DEPTH_MAX = 32;

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
  const context = rooms.contextOf(request);
  const query = queryOf(request.raw.url);
  const principal = await principalOf(route, request, context, rooms.access);
  const actor: Actor =
    principal === null ? anonymous(context) : { ...anonymous(context), kind: 'key', id: principal.key };
  const body = route.schemas.body === null ? {} : await jsonBodyOf(request, rooms);
  const result = await route.run({ params: request.params, query, body, principal, actor });
  reply.code(route.status).header('cache-control', 'no-store');
  if (route.status === 204) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(result));
}

async function principalOf(
  route: Route,
  request: FastifyRequest,
  context: RequestContext,
  access: Access,
): Promise<Principal | null> {
  if (route.surface === 'public') return null;
  const authorization = singleHeader(request.raw, 'authorization');
  return access.authenticate({ authorization, surface: route.surface, actor: anonymous(context) });
}

/** The query as an object; a name sent twice, or one that is known to carry credentials, is refused (K11). */
function queryOf(rawTarget: string | undefined): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(parseTarget(rawTarget).query)) {
    if (CREDENTIAL_NAMES.has(name.toLowerCase())) throw new Fault('CREDENTIAL_IN_URL');
    if (name in query) throw new Fault('INVALID_REQUEST', { detail: 'A query parameter was sent twice.' });
    query[name] = value;
  }
  return { ...query };
}

async function jsonBodyOf(request: FastifyRequest, { limits, budget }: SurfaceRooms): Promise<unknown> {
  const type = singleHeader(request.raw, 'content-type');
  if (type === undefined || !JSON_TYPE.test(type)) throw new Fault('UNSUPPORTED_MEDIA_TYPE');
  const bytes = await readBody({ request: request.raw, bytesMax: limits.adminBodyBytesMax, budget });
  return parseJson(bytes);
}

/** Parses a JSON body: UTF-8, bounded depth, no `__proto__`. */
export function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes), (name, child: unknown) => {
      if (name === '__proto__') throw new SyntaxError('reserved name');
      return child;
    });
  } catch (cause) {
    throw new Fault('MALFORMED_BODY', { cause });
  }
  if (depthOf(value, 0) > JSON_DEPTH_MAX)
    throw new Fault('MALFORMED_BODY', { detail: `It is nested deeper than ${JSON_DEPTH_MAX}.` });
  return value;
}

function depthOf(value: unknown, depth: number): number {
  if (depth > JSON_DEPTH_MAX || typeof value !== 'object' || value === null) return depth;
  return Object.values(value).reduce<number>(
    (deepest, child) => Math.max(deepest, depthOf(child, depth + 1)),
    depth,
  );
}
