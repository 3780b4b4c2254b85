import { randomBytes } from 'node:crypto';
import type { FaultBook, WebhookFault } from '../faults.ts';
import { sandboxLimits } from '../limits.ts';
import type { PayloadShape } from '../options.ts';
import type { Report } from '../sandbox-event.ts';
import type { Schedule } from '../schedule.ts';
import { eventText } from './payload.ts';
import type { Delivery, PlatformEvent, Webhook } from './records.ts';
import { type Answer, createSender } from './sender.ts';

/** Waits before each of the six retries: https://docs.koywe.com/payments/advanced/webhooks */
export const retryScheduleMs: readonly number[] = Object.freeze([
  60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000,
]);

export interface DeliverOptions {
  readonly fault?: WebhookFault | undefined;
  readonly shape?: PayloadShape | undefined;
  /** The bytes to send in place of the event's own. */
  readonly body?: Uint8Array | undefined;
}

/** Sends events to webhooks, with the platform's retries and the faults that are due. */
export interface Deliveries {
  /** Resolves when the first attempt has been answered, or is known not to be; retries go on behind it. */
  deliver(event: PlatformEvent, webhook: Webhook, options?: DeliverOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface DeliveriesNeeds {
  readonly deliveryCa: string | undefined;
  readonly retryFactor: number;
  readonly faults: FaultBook;
  readonly schedule: Schedule;
  readonly report: Report;
  /** The oldest event still known, for the fault `stale`. */
  readonly oldestEvent: () => PlatformEvent | undefined;
}

export function createDeliveries(needs: DeliveriesNeeds): Deliveries {
  const { faults, schedule, report } = needs;
  const sender = createSender(needs.deliveryCa);
  const wrongSecret = randomBytes(32);
  const heldByWebhook = new Map<string, Set<() => void>>();
  let outstanding = 0;

  function secretFor(webhook: Webhook, fault: WebhookFault | undefined): Uint8Array | undefined {
    if (fault === 'unsigned') return undefined;
    return fault === 'wrong-signature' ? wrongSecret : webhook.secret;
  }

  async function attempt(event: PlatformEvent, webhook: Webhook, delivery: Delivery): Promise<Answer> {
    const secret = secretFor(webhook, delivery.fault);
    const answer = await sender.send({ url: webhook.url, body: delivery.body, secret });
    const ok = 'status' in answer && answer.status >= 200 && answer.status < 300;
    if ('status' in answer) {
      delivery.lastStatusCode = answer.status;
      delivery.lastRespondedAt = new Date().toISOString();
    }
    const line = {
      eventId: event.id,
      webhookId: webhook.id,
      type: event.type,
      attempt: delivery.retryCount + 1,
    };
    report({ event: 'webhook.sent', ...line, ...answer });
    const waitMs = retryScheduleMs[delivery.retryCount];
    if (ok) {
      delivery.deliveryStatus = 'DELIVERED';
    } else if (waitMs === undefined || webhook.status === 'DELETED') {
      delivery.deliveryStatus = 'FAILED';
      report({ event: 'webhook.failed', ...line, ...answer });
    } else {
      delivery.deliveryStatus = 'RETRYING';
      retryLater({ event, webhook, delivery }, waitMs * needs.retryFactor);
      return answer;
    }
    outstanding -= 1;
    return answer;
  }

  function retryLater(
    what: { event: PlatformEvent; webhook: Webhook; delivery: Delivery },
    waitMs: number,
  ): void {
    schedule.after(waitMs, () => {
      what.delivery.retryCount += 1;
      what.delivery.lastRetryAt = new Date().toISOString();
      void attempt(what.event, what.webhook, what.delivery);
    });
  }

  /** Waits until `release` is called for the webhook, or for the limit's time. */
  function hold(webhook: Webhook): Promise<void> {
    return new Promise((resolve) => {
      const held = heldByWebhook.get(webhook.id) ?? new Set();
      heldByWebhook.set(webhook.id, held.add(resolve));
      void schedule.wait(sandboxLimits.reorderWaitMs).then(resolve);
    });
  }

  function release(webhook: Webhook): void {
    const held = heldByWebhook.get(webhook.id);
    heldByWebhook.delete(webhook.id);
    for (const resolve of held ?? []) resolve();
  }

  return {
    async deliver(event, webhook, options = {}) {
      if (outstanding >= sandboxLimits.deliveriesMax) {
        report({ event: 'webhook.dropped', eventId: event.id, webhookId: webhook.id, type: event.type });
        return { reason: 'DELIVERIES_MAX' };
      }
      outstanding += 1;
      const fault = options.fault ?? faults.takeForWebhook(new URL(webhook.url).pathname)?.fault;
      if (fault !== undefined) report({ event: 'fault.applied', fault, eventId: event.id, type: event.type });
      const shape = fault === 'observed-shape' ? 'observed' : (options.shape ?? webhook.shape);
      const delivery: Delivery = {
        webhookId: webhook.id,
        deliveryStatus: 'PENDING',
        retryCount: 0,
        lastRetryAt: null,
        lastStatusCode: null,
        lastRespondedAt: null,
        body: options.body ?? Buffer.from(eventText(event, shape)),
        fault,
      };
      event.deliveries.set(webhook.id, delivery);
      if (fault === 'reorder') {
        await hold(webhook);
        return attempt(event, webhook, delivery);
      }
      const extra =
        fault === 'duplicate'
          ? sender.send({ url: webhook.url, body: delivery.body, secret: webhook.secret })
          : undefined;
      const answer = await attempt(event, webhook, delivery);
      await extra;
      if (fault === 'stale') await sendAgain(needs.oldestEvent(), webhook);
      release(webhook);
      return answer;
    },
    close: () => sender.close(),
  };

  async function sendAgain(event: PlatformEvent | undefined, webhook: Webhook): Promise<void> {
    const body = event?.deliveries.get(webhook.id)?.body;
    if (event === undefined || body === undefined) return;
    const answer = await sender.send({ url: webhook.url, body, secret: webhook.secret });
    report({ event: 'webhook.sent', eventId: event.id, webhookId: webhook.id, type: event.type, ...answer });
  }
}
