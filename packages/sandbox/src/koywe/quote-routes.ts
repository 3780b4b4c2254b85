import { z } from 'zod';
import { sandboxLimits } from '../limits.ts';
import { exchange, exchangeRate, isCurrency } from './currencies.ts';
import { makeId } from './ids.ts';
import { isAtHome, merchantRoot, type Platform, parse, type Server } from './platform.ts';
import type { Quote } from './records.ts';

export const currencySchema = z.string().refine(isCurrency, 'unknown currency');

/** A plain number in major units. */
export const amountSchema = z.number().positive().max(1_000_000_000_000);

/** ONRAMP and OFFRAMP quotes, which name a network, belong to deals and are not imitated. */
const quoteSchema = z
  .object({
    type: z.enum(['PAYIN', 'PAYOUT', 'BALANCE_TRANSFER']),
    originCurrencySymbol: currencySchema,
    destinationCurrencySymbol: currencySchema,
    amountIn: amountSchema.optional(),
    amountOut: amountSchema.optional(),
  })
  .refine(({ amountIn, amountOut }) => (amountIn === undefined) !== (amountOut === undefined), {
    message: 'exactly one of amountIn and amountOut',
  });

/** https://docs.koywe.com/core-concepts/quotes-and-exchange-rates */
export function addQuoteRoutes(server: Server, platform: Platform): void {
  server.post(`${merchantRoot}/quotes`, async (request, reply) => {
    isAtHome(platform, request);
    const {
      type,
      originCurrencySymbol: from,
      destinationCurrencySymbol: to,
      ...amounts
    } = parse(quoteSchema, request.body);
    const quote: Quote = {
      id: makeId('quote'),
      type,
      originCurrencySymbol: from,
      destinationCurrencySymbol: to,
      ...exchange({ from, to, ...amounts }),
      exchangeRate: exchangeRate(from, to),
      expiresAt: new Date(Date.now() + sandboxLimits.quoteLifeSeconds * 1000).toISOString(),
    };
    platform.quotes.set(quote.id, quote);
    return reply.code(201).send({ ...quote, fees: [], validFor: sandboxLimits.quoteLifeSeconds });
  });
}

/** A quote that may still be used; using it takes it away. */
export function takeQuote(platform: Platform, id: string): Quote | undefined {
  const quote = platform.quotes.get(id);
  platform.quotes.delete(id);
  return quote !== undefined && Date.parse(quote.expiresAt) > Date.now() ? quote : undefined;
}
