import type { FastifyInstance, FastifyReply } from 'fastify';
import { refuseBody } from './surface.ts';

/** `GET /livez`: the process answers. `GET /readyz`: it can also reach its store. Neither says more than that. */
export function registerHealth(app: FastifyInstance, health: () => Promise<unknown>): void {
  let asking: Promise<unknown> | null = null;
  // Anybody may ask: however many do at once, the store is asked once.
  const once = (): Promise<unknown> => {
    asking ??= health().finally(() => (asking = null));
    return asking;
  };
  const say = (reply: FastifyReply, text: string): FastifyReply =>
    reply.type('application/json; charset=utf-8').send(text);
  const method = ['GET', 'HEAD'];
  app.route({
    method,
    url: '/livez',
    handler: async ({ raw }, reply) => {
      refuseBody(raw);
      return say(reply, '{"live":true}');
    },
  });
  app.route({
    method,
    url: '/readyz',
    handler: async ({ raw }, reply) => {
      refuseBody(raw);
      await once();
      return say(reply, '{"ready":true}');
    },
  });
}
