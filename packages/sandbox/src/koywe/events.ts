import { type BoundedMap, createBoundedMap } from '../bounded-map.ts';
import type { FaultBook } from '../faults.ts';
import { sandboxLimits } from '../limits.ts';
import type { Report } from '../sandbox-event.ts';
import type { Schedule } from '../schedule.ts';
import { createDeliveries, type DeliverOptions } from './deliveries.ts';
import { makeId } from './ids.ts';
import type { EventContent } from './payload.ts';
import type { PlatformEvent, Webhook } from './records.ts';
import type { Answer } from './sender.ts';

/** An event to publish; what is left out is made up. */
export interface EventInput {
  readonly type: string;
  readonly id?: string | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly data?: EventContent['data'] | undefined;
}

/** What came of an event at each active webhook on the first attempt. */
export interface Published {
  readonly id: string;
  readonly answers: readonly (Answer & { readonly webhookId: string })[];
}

/** Events and the webhooks they go to. */
export interface Events {
  readonly webhooks: Map<string, Webhook>;
  readonly known: BoundedMap<PlatformEvent>;
  /** Keeps the event and sends it to every active webhook, or to `only` one. */
  publish(input: EventInput, options?: DeliverOptions & { only?: Webhook | undefined }): Promise<Published>;
  /** Sends a known event once more to every active webhook, with the bytes that it had there before. */
  replay(event: PlatformEvent): Promise<Published>;
  close(): Promise<void>;
}

export interface EventsNeeds {
  readonly merchantId: string;
  readonly deliveryCa: string | undefined;
  readonly retryFactor: number;
  readonly faults: FaultBook;
  readonly schedule: Schedule;
  readonly report: Report;
}

export function createEvents(needs: EventsNeeds): Events {
  const known = createBoundedMap<PlatformEvent>(sandboxLimits.eventsMax);
  const webhooks = new Map<string, Webhook>();
  const deliveries = createDeliveries({ ...needs, oldestEvent: known.oldest });

  async function send(
    event: PlatformEvent,
    to: Webhook[],
    optionsFor: (webhook: Webhook) => DeliverOptions,
  ): Promise<Published> {
    const answers = await Promise.all(
      to.map(async (webhook) => {
        const answer = await deliveries.deliver(event, webhook, optionsFor(webhook));
        return { webhookId: webhook.id, ...answer };
      }),
    );
    return { id: event.id, answers };
  }

  function active(): Webhook[] {
    return [...webhooks.values()].filter(({ status }) => status === 'ACTIVE');
  }

  return {
    webhooks,
    known,
    publish({ type, id, resourceType, resourceId, data }, { only, ...options } = {}) {
      const event: PlatformEvent = {
        id: id ?? makeId('event'),
        type,
        resourceType: resourceType ?? type.split('.')[0] ?? 'order',
        resourceId: resourceId ?? makeId('order'),
        data: data ?? {},
        merchantId: needs.merchantId,
        createdAt: new Date().toISOString(),
        deliveries: new Map(),
      };
      known.set(event.id, event);
      return send(event, only === undefined ? active() : [only], () => options);
    },
    replay: (event) => send(event, active(), ({ id }) => ({ body: event.deliveries.get(id)?.body })),
    close: () => deliveries.close(),
  };
}
