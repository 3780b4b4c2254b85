import { z } from 'zod';
import { isAtHome, merchantRoot, type Platform, parse, type Server } from './platform.ts';

/** Methods by country and currency. The codes are Koywe's, which tells merchants to ask for them; the limits are ours. */
const paymentMethods = Object.freeze([
  { country: 'CL', currency: 'CLP', method: 'KHIPU', name: 'Khipu', responseType: 'PAYMENT_LINK' },
  { country: 'CO', currency: 'COP', method: 'PSE', name: 'PSE', responseType: 'PAYMENT_LINK' },
  { country: 'CO', currency: 'COP', method: 'NEQUI', name: 'Nequi', responseType: 'QR' },
  { country: 'BR', currency: 'BRL', method: 'PIX_DYNAMIC', name: 'Pix', responseType: 'QR' },
  { country: 'BR', currency: 'BRL', method: 'PIX_STATIC', name: 'Pix', responseType: 'QR' },
  { country: 'MX', currency: 'MXN', method: 'SPEI', name: 'SPEI', responseType: 'PAYMENT_LINK' },
  { country: 'MX', currency: 'MXN', method: 'CARD', name: 'Card', responseType: 'PAYMENT_LINK' },
  { country: 'PE', currency: 'PEN', method: 'QRI', name: 'QRI', responseType: 'QR' },
  { country: 'PE', currency: 'PEN', method: 'LIGO', name: 'Ligo', responseType: 'PAYMENT_LINK' },
]);

const paymentMethodQuery = z.object({
  countrySymbol: z.string().length(2),
  currencySymbol: z.string().length(3),
});

/** Whether a method answers with the text of a QR code or with a link. */
export function responseTypeOf(method: string): 'QR' | 'PAYMENT_LINK' {
  return paymentMethods.find((row) => row.method === method)?.responseType === 'QR' ? 'QR' : 'PAYMENT_LINK';
}

export function addMerchantRoutes(server: Server, platform: Platform): void {
  const { merchantId, organizationId } = platform.settings;

  server.get(merchantRoot, async (request) => {
    if (!isAtHome(platform, request)) return {};
    const name = 'Sandbox merchant';
    return { id: merchantId, organizationId, name, slug: 'sandbox-merchant', profile: { name } };
  });

  server.get('/api/v1/payment-method', async (request) => {
    const { countrySymbol, currencySymbol } = parse(paymentMethodQuery, request.query);
    const rows = paymentMethods.filter(
      ({ country, currency }) => country === countrySymbol && currency === currencySymbol,
    );
    return {
      paymentMethods: rows.map(({ method, name, responseType }) => ({
        method,
        name,
        minAmount: 1,
        maxAmount: 100_000_000,
        responseType,
        requiredFields: { contact: ['email', 'documentType', 'documentNumber'] },
      })),
    };
  });
}
