import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sandboxLimits } from '../limits.ts';
import { PlatformError } from './errors.ts';
import { isAtHome, organizationRoot, type Platform, parse, pathPart, type Server } from './platform.ts';
import type { Delivery, PlatformEvent } from './records.ts';

const moment = z
  .string()
  .max(64)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'not a time');

const filterSchema = z.object({
  type: z.string().max(64).optional(),
  from: moment.optional(),
  to: moment.optional(),
  merchantId: z.string().max(64).optional(),
  resourceType: z.string().max(64).optional(),
  resourceId: z.string().max(64).optional(),
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  limit: z.coerce.number().int().min(1).max(sandboxLimits.pageMax).default(20),
});

type Filter = z.output<typeof filterSchema>;

/** Webhook events: https://docs.koywe.com/en/getting-started/webhooks-overview; the envelope of the list is ours. */
export function addEventRoutes(server: Server, platform: Platform): void {
  const { events } = platform;
  const root = `${organizationRoot}/webhook-events`;

  function find(request: FastifyRequest): PlatformEvent {
    const event = isAtHome(platform, request) ? events.known.get(pathPart(request, 'eventId')) : undefined;
    if (event === undefined) throw new PlatformError('NOT_FOUND');
    return event;
  }

  server.get(root, async (request) => {
    const filter = parse(filterSchema, request.query);
    const { page, limit } = filter;
    const matching = isAtHome(platform, request)
      ? events.known
          .values()
          .reverse()
          .filter((event) => matches(event, filter))
      : [];
    const items = matching.slice((page - 1) * limit, page * limit);
    return { events: items.map(eventView), page, limit, total: matching.length };
  });

  server.get(`${root}/:eventId`, async (request) => eventView(find(request)));

  server.get(`${root}/:eventId/deliveries`, async (request) => ({
    deliveries: [...find(request).deliveries.values()].map(deliveryView),
  }));

  server.post(`${root}/:eventId/replay`, async (request, reply) => {
    const event = find(request);
    void events.replay(event);
    return reply.code(202).send(eventView(event));
  });
}

function matches(event: PlatformEvent, filter: Filter): boolean {
  const { type, merchantId, resourceType, resourceId, from, to } = filter;
  const created = Date.parse(event.createdAt);
  return (
    (type === undefined || type === event.type) &&
    (merchantId === undefined || merchantId === event.merchantId) &&
    (resourceType === undefined || resourceType === event.resourceType) &&
    (resourceId === undefined || resourceId === event.resourceId) &&
    (from === undefined || created >= Date.parse(from)) &&
    (to === undefined || created <= Date.parse(to))
  );
}

/** An event as the API shows it. */
export function eventView(event: PlatformEvent): Omit<PlatformEvent, 'deliveries'> {
  const { id, type, resourceType, resourceId, data, merchantId, createdAt } = event;
  return { id, type, resourceType, resourceId, data, merchantId, createdAt };
}

/** A delivery as the API shows it. */
function deliveryView(delivery: Delivery): Omit<Delivery, 'body' | 'fault'> {
  const { webhookId, deliveryStatus, retryCount, lastRetryAt, lastStatusCode, lastRespondedAt } = delivery;
  return { webhookId, deliveryStatus, retryCount, lastRetryAt, lastStatusCode, lastRespondedAt };
}
