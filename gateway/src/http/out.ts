import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from '#access';
import { Fault, isId, type Limits } from '#base';
import type { Connections } from '#connections';
import { anonymous, type RequestContext, singleHeader } from './context.ts';
import { parseTarget } from './path.ts';

export interface OutRooms {
  readonly access: Access;
  readonly connections: Connections;
  readonly limits: Limits;
  readonly contextOf: (request: FastifyRequest) => RequestContext;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
// Our own credentials anywhere in an address: every hop would log them (K11).
const OWN_CREDENTIAL = /s(?:k_(?:test|live|admin)|at)_syp_/i;

/** `ANY /out/{connection}/{path}`: the call goes on under the platform's credential, streamed both ways. */
export function registerOut(
  app: FastifyInstance,
  { access, connections, limits, contextOf }: OutRooms,
): void {
  app.route({
    method: METHODS,
    url: '/out/*',
    handler: async (request, reply) => {
      const context = contextOf(request);
      const raw = request.raw;
      const { path, query } = parseTarget(raw.url);
      if (OWN_CREDENTIAL.test(query) || OWN_CREDENTIAL.test(path)) throw new Fault('CREDENTIAL_IN_URL');
      const authorization = singleHeader(raw, 'authorization');
      const principal = await access.authenticate({
        authorization,
        surface: 'runtime',
        actor: anonymous(context),
      });
      const { connection, target } = splitOut(path);
      const { hasBody, bodyBytes } = bodyOf(raw.headers, limits.forwardBodyBytesMax);
      const answer = await connections.forward({
        environment: principal.environment,
        connection,
        method: raw.method ?? 'GET',
        target: target + query,
        headers: pairsOf(raw.rawHeaders),
        body: hasBody ? raw : null,
        bodyBytes,
        actor: { ...anonymous(context), kind: 'key', id: principal.key },
      });
      reply.code(answer.status).header('cache-control', 'no-store');
      for (const [name, value] of answer.headers) reply.header(name, value);
      return reply.send(Readable.from(answer.body, { objectMode: false }));
    },
  });
}

function splitOut(path: string): { connection: `con_${string}`; target: string } {
  const rest = path.slice('/out/'.length);
  const slash = rest.indexOf('/');
  const connection = slash === -1 ? rest : rest.slice(0, slash);
  if (!isId('connection', connection)) throw new Fault('CONNECTION_NOT_FOUND');
  return { connection, target: slash === -1 ? '/' : rest.slice(slash) };
}

function bodyOf(
  headers: FastifyRequest['raw']['headers'],
  bytesMax: number,
): { hasBody: boolean; bodyBytes: number | null } {
  const length = headers['content-length'];
  if (length === undefined) return { hasBody: headers['transfer-encoding'] !== undefined, bodyBytes: null };
  const bodyBytes = Number(length);
  if (bodyBytes > bytesMax) throw new Fault('BODY_TOO_LARGE', { detail: `At most ${bytesMax} bytes.` });
  return { hasBody: bodyBytes > 0, bodyBytes };
}

function pairsOf(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return pairs;
}
