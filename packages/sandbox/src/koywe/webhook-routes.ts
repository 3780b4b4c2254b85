import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sandboxLimits } from '../limits.ts';
import { type PayloadShape, webhookSchema, webhookSecretSchema } from '../options.ts';
import { PlatformError } from './errors.ts';
import { makeId } from './ids.ts';
import {
  isAtHome,
  organizationRoot,
  type Platform,
  parse,
  pathPart,
  type Server,
  webhookFaultOf,
} from './platform.ts';
import type { Webhook } from './records.ts';

/** A webhook from what its creator chose. */
export function createWebhook(input: {
  url: string;
  secret: string;
  shape?: PayloadShape | undefined;
}): Webhook {
  return {
    id: makeId('webhook'),
    url: input.url,
    secret: new TextEncoder().encode(input.secret),
    shape: input.shape ?? 'documented',
    status: 'ACTIVE',
    createdAt: new Date().toISOString(),
  };
}

/**
 * Webhook management: https://docs.koywe.com/en/getting-started/webhooks-overview names the calls; the bodies are ours
 * but for the address and the secret, which is chosen by the caller and never shown again.
 */
export function addWebhookRoutes(server: Server, platform: Platform): void {
  const { webhooks } = platform.events;
  const root = `${organizationRoot}/webhooks`;

  function find(request: FastifyRequest): Webhook {
    const webhook = isAtHome(platform, request) ? webhooks.get(pathPart(request, 'webhookId')) : undefined;
    if (webhook === undefined || webhook.status === 'DELETED') throw new PlatformError('NOT_FOUND');
    return webhook;
  }

  server.post(root, async (request, reply) => {
    isAtHome(platform, request);
    const input = parse(webhookSchema, request.body);
    if (webhooks.size >= sandboxLimits.webhooksMax) throw new PlatformError('LIMIT_REACHED');
    const webhook = createWebhook(input);
    webhooks.set(webhook.id, webhook);
    return reply.code(201).send(view(webhook));
  });

  server.get(root, async (request) => {
    const all = isAtHome(platform, request) ? [...webhooks.values()] : [];
    return { webhooks: all.filter(({ status }) => status !== 'DELETED').map(view) };
  });

  server.get(`${root}/:webhookId`, async (request) => {
    if (!isAtHome(platform, request)) return {};
    return view(find(request));
  });

  server.post(`${root}/:webhookId/rotate-secret`, async (request) => {
    const webhook = find(request);
    const { secret } = parse(z.object({ secret: webhookSecretSchema }), request.body);
    webhook.secret = new TextEncoder().encode(secret);
    return view(webhook);
  });

  for (const [verb, status] of [
    ['pause', 'PAUSED'],
    ['resume', 'ACTIVE'],
  ] as const) {
    server.post(`${root}/:webhookId/${verb}`, async (request) => {
      const webhook = find(request);
      webhook.status = status;
      return view(webhook);
    });
  }

  server.delete(`${root}/:webhookId`, async (request, reply) => {
    find(request).status = 'DELETED';
    return reply.code(204).send();
  });

  // A ping answers before it has arrived, like every event.
  server.post(`${root}/:webhookId/ping`, async (request, reply) => {
    const webhook = find(request);
    void platform.events.publish(
      { type: 'webhook.ping', resourceType: 'webhook', resourceId: webhook.id },
      { only: webhook, fault: webhookFaultOf(request) },
    );
    return reply.code(202).send(view(webhook));
  });
}

function view({ id, url, status, createdAt }: Webhook): Pick<Webhook, 'id' | 'url' | 'status' | 'createdAt'> {
  return { id, url, status, createdAt };
}
