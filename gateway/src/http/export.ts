import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from '#access';
import type { Audit } from '#audit';
import { anonymous, type RequestContext, singleHeader } from './context.ts';

export interface ExportRooms {
  readonly access: Access;
  readonly audit: Audit;
  readonly contextOf: (request: FastifyRequest) => RequestContext;
}

/** `GET /admin/v1/audit/export`: the whole log of the environment as NDJSON, streamed, for the offline verifier. */
export function registerExport(app: FastifyInstance, { access, audit, contextOf }: ExportRooms): void {
  app.get('/admin/v1/audit/export', async (request, reply) => {
    const authorization = singleHeader(request.raw, 'authorization');
    const actor = anonymous(contextOf(request));
    const { environment } = await access.authenticate({ authorization, surface: 'admin', actor });
    reply.type('application/x-ndjson').header('cache-control', 'no-store');
    return reply.send(Readable.from(linesOf(audit.export(environment)), { objectMode: false }));
  });
}

async function* linesOf(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const line of lines) yield Buffer.from(`${line}\n`);
}
