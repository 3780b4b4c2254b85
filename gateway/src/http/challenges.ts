import type { Acknowledgement } from '@sallyport/schemes';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Fault, type FaultCode, isId, toFault } from '#base';
import type { Ingest } from '#ingest';
import { MethodFault } from './admission.ts';
import type { Limiter } from './limiter.ts';
import type { ReceivedOf } from './received.ts';
import { refuseBody } from './surface.ts';

const STRANGE: ReadonlySet<FaultCode> = new Set([
  'NOT_FOUND',
  'ENDPOINT_NOT_FOUND',
  'ADDRESS_REFUSED',
] as const);

/**
 * `GET` and `HEAD /in/{endpoint}`: what some platforms ask before they send anything. Where the endpoint's platform asks nothing
 * of the kind, there is no such method.
 */
export function registerChallenges(
  app: FastifyInstance,
  { ingest, received, limiter }: { ingest: Ingest; received: ReceivedOf; limiter: Limiter },
): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/in/:endpoint',
    handler: async ({ raw }, reply) => {
      const { address, target } = received(raw);
      refuseBody(raw);
      const endpoint = target.path.slice('/in/'.length);
      try {
        if (!isId('endpoint', endpoint)) throw new Fault('NOT_FOUND');
        const asked = {
          method: raw.method ?? '',
          target: target.path + target.query,
          rawHeaders: raw.rawHeaders,
        };
        const answer = await ingest.challenge({ endpoint, address, ...asked });
        if (answer === null) throw new MethodFault(['POST']);
        return answered(reply, answer);
      } catch (thrown) {
        if (STRANGE.has(toFault(thrown).code)) await limiter.strange(raw);
        throw thrown;
      }
    },
  });
}

/** The answer that a platform wants, as it wants it; never a type of our own choosing, which might make a page of an echo. */
export function answered(reply: FastifyReply, { status, contentType, body }: Acknowledgement): FastifyReply {
  if (contentType !== null) reply.type(contentType);
  return reply.code(status).send(contentType === null && body === '' ? undefined : body);
}
