import type { FastifyInstance } from 'fastify';

/** `GET /livez`: the process answers. `GET /readyz`: it can also reach its store. Neither says more than that. */
export function registerHealth(app: FastifyInstance, health: () => Promise<unknown>): void {
  app.get('/livez', async (_request, reply) => reply.type('application/json').send('{"live":true}'));
  app.get('/readyz', async (_request, reply) => {
    await health();
    return reply.type('application/json').send('{"ready":true}');
  });
}
