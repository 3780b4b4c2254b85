import { exchange } from './currencies.ts';
import { PlatformError } from './errors.ts';
import { makeId } from './ids.ts';
import { responseTypeOf } from './merchant-routes.ts';
import { startOrder } from './order-progress.ts';
import { type OrderRequest, parseOrderRequest } from './order-request.ts';
import { isAtHome, merchantRoot, type Platform, pathPart, type Server, webhookFaultOf } from './platform.ts';
import { takeQuote } from './quote-routes.ts';
import type { Order } from './records.ts';

/** Orders: https://docs.koywe.com/core-concepts/orders-and-order-types */
export function addOrderRoutes(server: Server, platform: Platform): void {
  const { orders, orderIdByExternalId } = platform;

  server.post(`${merchantRoot}/orders`, async (request, reply) => {
    isAtHome(platform, request);
    const input = parseOrderRequest(request.body);
    const order = createOrder(platform, input);
    orders.set(order.id, order);
    if (order.externalId !== undefined) orderIdByExternalId.set(order.externalId, order.id);
    startOrder(platform, order, webhookFaultOf(request));
    return reply.code(201).send(order);
  });

  server.get(`${merchantRoot}/orders/:orderId`, async (request) => {
    if (!isAtHome(platform, request)) return {};
    return found(orders.get(pathPart(request, 'orderId')));
  });

  server.get(`${merchantRoot}/orders/external/:externalId`, async (request) => {
    if (!isAtHome(platform, request)) return {};
    return found(orders.get(orderIdByExternalId.get(pathPart(request, 'externalId')) ?? ''));
  });
}

function found(order: Order | undefined): Order {
  if (order === undefined) throw new PlatformError('NOT_FOUND');
  return order;
}

/** Throws what only the platform's state can tell: a contact that isn't there, a repeated externalId, a dead quote. */
function createOrder(platform: Platform, input: OrderRequest): Order {
  const { contactId, externalId, type } = input;
  if (contactId !== undefined && !platform.contacts.has(contactId)) {
    throw new PlatformError('VALIDATION_FAILED', 'contactId: unknown contact');
  }
  if (type === 'BALANCE_TRANSFER' && platform.settings.transferPolicy !== true)
    throw new PlatformError('POL00002');
  // Repeats are refused, whatever they hold: the externalId is the platform's idempotency key.
  if (externalId !== undefined && platform.orderIdByExternalId.has(externalId)) {
    throw new PlatformError('ORDER_DUPLICATE');
  }
  const id = makeId('order');
  return {
    id,
    ...input,
    ...priced(platform, input),
    ...(type === 'BALANCE_TRANSFER' ? { isMerchantSelfOrder: true } : {}),
    ...providedAction(id, input),
    createdAt: new Date().toISOString(),
    status: 'PENDING',
  };
}

type Price = Pick<Order, 'amountIn' | 'amountOut' | 'originCurrencySymbol' | 'destinationCurrencySymbol'>;

function priced(platform: Platform, input: OrderRequest): Price {
  const {
    quoteId,
    originCurrencySymbol: from,
    destinationCurrencySymbol: to,
    amountIn,
    amountOut,
    type,
  } = input;
  if (quoteId === undefined) {
    if (from === undefined || to === undefined) throw new PlatformError('VALIDATION_FAILED');
    const amounts = exchange({ from, to, amountIn, amountOut });
    return { ...amounts, originCurrencySymbol: from, destinationCurrencySymbol: to };
  }
  const quote = takeQuote(platform, quoteId);
  if (quote === undefined || quote.type !== type) throw new PlatformError('QUOTE_UNUSABLE');
  return {
    amountIn: quote.amountIn,
    amountOut: quote.amountOut,
    originCurrencySymbol: quote.originCurrencySymbol,
    destinationCurrencySymbol: quote.destinationCurrencySymbol,
  };
}

/** Where the payer goes next; the address is under a name that never resolves (RFC 6761). */
function providedAction(
  id: string,
  input: OrderRequest,
): { providedAction?: string; providedActionType?: string } {
  if (input.type !== 'PAYIN' && input.type !== 'PAYMENT_LINK') return {};
  const kind = responseTypeOf(input.paymentMethods?.[0]?.method ?? '');
  return {
    providedAction: kind === 'QR' ? `SANDBOX-QR-${id}` : `https://checkout.koywe.invalid/${id}`,
    providedActionType: kind,
  };
}
