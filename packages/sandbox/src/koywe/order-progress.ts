import type { WebhookFault } from '../faults.ts';
import type { Platform } from './platform.ts';
import type { Order, OrderStatus } from './records.ts';

/** The states that follow PENDING, and the event of each. */
type Steps = readonly (readonly [OrderStatus, ...eventTypes: string[]])[];

const success: Steps = [
  ['PROCESSING', 'order.processing'],
  ['PAID', 'order.paid'],
  ['COMPLETED', 'order.completed'],
];
/** The amount 666 fails: https://docs.koywe.com/en/accepting-payments/integration-guide */
const failure: Steps = [
  ['PROCESSING', 'order.processing'],
  ['FAILED', 'order.failed'],
];
/** A sandbox PAYOUT fails and is refunded: https://docs.koywe.com/en/getting-started/testing */
const refund: Steps = [['FAILED', 'order.failed', 'order.refunded']];
/** A BALANCE_TRANSFER under a policy completes at once: same page. */
const transfer: Steps = [['COMPLETED', 'order.completed']];

const failingAmount = 666;

function stepsOf({ type, amountIn, amountOut }: Order): Steps {
  if (type === 'PAYOUT') return refund;
  if (amountIn === failingAmount || amountOut === failingAmount) return failure;
  return type === 'BALANCE_TRANSFER' ? transfer : success;
}

/** Announces a new order and moves it through its states, one per `stepDelayMs`, with a webhook event for each. */
export function startOrder(platform: Platform, order: Order, fault: WebhookFault | undefined): void {
  const steps = stepsOf(order);
  let due = 0;

  function announce(type: string, status: OrderStatus): void {
    const { id, externalId } = order;
    void platform.events.publish(
      { type, resourceType: 'order', resourceId: id, data: { status, externalId } },
      { fault },
    );
  }

  function advance(): void {
    const step = steps[due];
    due += 1;
    const current = platform.orders.get(order.id);
    if (step === undefined || current === undefined) return;
    const [status, ...types] = step;
    platform.orders.set(order.id, { ...current, status });
    platform.report({ event: 'order.changed', orderId: order.id, status });
    for (const type of types) announce(type, status);
    platform.schedule.after(platform.stepDelayMs, advance);
  }

  platform.report({ event: 'order.created', orderId: order.id, type: order.type, status: order.status });
  announce('order.created', order.status);
  platform.schedule.after(order.type === 'BALANCE_TRANSFER' ? 0 : platform.stepDelayMs, advance);
}
