import { z } from 'zod';
import { sandboxLimits } from '../limits.ts';
import { PlatformError } from './errors.ts';
import { parse } from './platform.ts';
import { amountSchema, currencySchema } from './quote-routes.ts';

const text = z.string().max(sandboxLimits.textCharactersMax);
const identifier = z.string().min(1).max(64);
const pageUrl = z.url({ protocol: /^https?$/ }).max(2_048);

/** https://docs.koywe.com/core-concepts/orders-and-order-types; ONRAMP and OFFRAMP go to deals, which are not imitated. */
const orderSchema = z.object({
  type: z.enum(['PAYIN', 'PAYOUT', 'BALANCE_TRANSFER', 'PAYMENT_LINK', 'INTER_MERCHANT_TRANSFER']),
  amountIn: amountSchema.optional(),
  amountOut: amountSchema.optional(),
  quoteId: identifier.optional(),
  originCurrencySymbol: currencySchema.optional(),
  destinationCurrencySymbol: currencySchema.optional(),
  /** The pattern of https://docs.koywe.com/advanced/security */
  externalId: text.regex(/^[a-zA-Z0-9-_]+$/).optional(),
  description: text.optional(),
  contactId: identifier.optional(),
  originAccountId: identifier.optional(),
  destinationAccountId: identifier.optional(),
  destinationMerchantId: identifier.optional(),
  dueDate: z.string().max(64).optional(),
  successUrl: pageUrl.optional(),
  failedUrl: pageUrl.optional(),
  enforcedDocument: text.optional(),
  sendEmail: z.boolean().optional(),
  sendNotification: z.boolean().optional(),
  sendWhatsapp: z.boolean().optional(),
  sendReminders: z.boolean().optional(),
  paymentMethods: z
    .array(
      z.object({
        method: z.string().min(1).max(64),
        extra: z.union([text, z.record(z.string(), z.unknown())]).optional(),
      }),
    )
    .max(10)
    .optional(),
});

export type OrderRequest = z.output<typeof orderSchema>;

/** An order's request after the rules that tie its fields together. Throws `VALIDATION_FAILED` and `CT00036`. */
export function parseOrderRequest(body: unknown): OrderRequest {
  const order = parse(orderSchema, body);
  const sources = [order.amountIn, order.amountOut, order.quoteId].filter((value) => value !== undefined);
  require(sources.length === 1, 'exactly one of amountIn, amountOut and quoteId');
  const symbols = [order.originCurrencySymbol, order.destinationCurrencySymbol].filter(
    (symbol) => symbol !== undefined,
  );
  if (order.quoteId === undefined)
    require(symbols.length === 2, 'both currency symbols are required without quoteId');
  else require(symbols.length === 0, 'currency symbols are left out with quoteId');
  checkType(order);
  return order;
}

function checkType(order: OrderRequest): void {
  switch (order.type) {
    case 'PAYIN':
      require(order.paymentMethods?.length === 1, 'PAYIN needs exactly one of paymentMethods');
      if (order.contactId === undefined) throw new PlatformError('CT00036');
      return;
    case 'PAYOUT':
      require(order.destinationAccountId !== undefined, 'PAYOUT needs destinationAccountId');
      return;
    case 'INTER_MERCHANT_TRANSFER':
      require(order.destinationMerchantId !==
        undefined, 'INTER_MERCHANT_TRANSFER needs destinationMerchantId');
      return;
    case 'BALANCE_TRANSFER':
    case 'PAYMENT_LINK':
      return;
  }
}

function require(holds: boolean, message: string): void {
  if (!holds) throw new PlatformError('VALIDATION_FAILED', message);
}
