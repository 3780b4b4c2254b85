import type { FastifyInstance } from 'fastify';
import type { Audit } from '#audit';
import { Fault } from '#base';
import { answerStream } from './answer-stream.ts';
import type { Door } from './door.ts';
import { parseQuery } from './query.ts';
import type { ReceivedOf } from './received.ts';
import { refuseBody } from './surface.ts';

export interface ExportRooms {
  readonly door: Door;
  readonly audit: Audit;
  readonly received: ReceivedOf;
}

/** `GET /admin/v1/audit/export`: the whole log of the environment as NDJSON, streamed, for the offline verifier. */
export function registerExport(app: FastifyInstance, { door, audit, received }: ExportRooms): void {
  app.get('/admin/v1/audit/export', async ({ raw }, reply) => {
    const facts = received(raw);
    const query = parseQuery(facts.target.query);
    const { principal } = await door.enter(raw, {
      surface: 'admin',
      scope: 'audit:read',
      route: 'GET /admin/v1/audit/export',
      response: reply.raw,
    });
    if (Object.keys(query).length > 0)
      throw new Fault('INVALID_REQUEST', {
        fields: [{ path: 'query', problem: 'has fields that are not known here' }],
      });
    refuseBody(raw);
    return reply
      .type('application/x-ndjson')
      .send(answerStream(linesOf(audit.export(principal.environment))));
  });
}

async function* linesOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield Buffer.from(`${line}\n`);
}
