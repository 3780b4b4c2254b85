import { hmacModel } from './hmac-model.ts';
import { hexKeys, type Model, type Writing } from './model.ts';

const body = ({ body }: Writing) => [body];
const SQUARE_URL = 'https://hooks.example.test/square?shop=1';

/** Those that sign the body alone, or the address and the body. */
export const bodies: readonly Model[] = [
  hmacModel({
    scheme: 'koywe',
    source: 'https://docs.koywe.com/advanced/webhooks',
    header: 'Koywe-Signature',
    content: body,
  }),
  hmacModel({
    scheme: 'mintmove',
    source: 'https://www.mintmove.io/docs/security',
    header: 'X-Webhook-Signature',
    content: body,
  }),
  hmacModel({
    scheme: 'liasonpay-bare',
    source: 'https://github.com/jaydeepamcodr/liasonpay-docs, faq.md',
    header: 'Liasonpay-Signature',
    content: body,
  }),
  hmacModel({
    scheme: 'github',
    source: 'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
    header: 'X-Hub-Signature-256',
    form: (mac) => `sha256=${mac}`,
    content: body,
  }),
  hmacModel({
    scheme: 'shopify',
    source: 'https://shopify.dev/docs/apps/build/webhooks/subscribe/https',
    header: 'X-Shopify-Hmac-Sha256',
    digits: 'base64',
    content: body,
  }),
  hmacModel({
    scheme: 'adyen-platform',
    source: 'https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures',
    header: 'HmacSignature',
    digits: 'base64',
    keys: hexKeys('adyen-platform'),
    content: body,
  }),
  hmacModel({
    scheme: 'square',
    source: 'https://developer.squareup.com/docs/webhooks/step3validate',
    header: 'x-square-hmacsha256-signature',
    digits: 'base64',
    url: SQUARE_URL,
    content: ({ body }) => [SQUARE_URL, body],
  }),
  hmacModel({
    scheme: 'razorpay',
    source: 'https://razorpay.com/docs/webhooks/validate-test/',
    header: 'X-Razorpay-Signature',
    content: body,
  }),
  hmacModel({
    scheme: 'checkout',
    source: 'https://www.checkout.com/docs/developer-resources/webhooks/manage-webhooks/validate-webhooks',
    header: 'Cko-Signature',
    content: body,
  }),
  hmacModel({
    scheme: 'coinbase-commerce',
    source: 'https://docs.cdp.coinbase.com/commerce-onchain/docs/webhooks-security',
    header: 'X-CC-Webhook-Signature',
    content: body,
  }),
  hmacModel({
    scheme: 'gocardless',
    source: 'https://developer.gocardless.com/api-reference/#webhooks-signing-webhooks',
    header: 'Webhook-Signature',
    body: '{"events":[{"id":"EV123","resource_type":"payments","action":"confirmed"}],"meta":{"webhook_id":"WB123"}}',
    content: body,
  }),
  hmacModel({
    scheme: 'mollie',
    source: 'https://docs.mollie.com/reference/webhooks-new',
    header: 'X-Mollie-Signature',
    form: (mac) => `sha256=${mac}`,
    content: body,
  }),
  hmacModel({
    scheme: 'paystack',
    source: 'https://paystack.com/docs/payments/webhooks/',
    header: 'x-paystack-signature',
    hash: 'sha512',
    content: body,
  }),
  hmacModel({
    scheme: 'authorize-net',
    source: 'https://developer.authorize.net/api/reference/features/webhooks.html',
    header: 'X-ANET-Signature',
    form: (mac) => `sha512=${mac}`,
    hash: 'sha512',
    digits: 'HEX',
    content: body,
  }),
  hmacModel({
    scheme: 'dwolla',
    source: 'https://developers.dwolla.com/docs/webhook-events/process-validate',
    header: 'X-Request-Signature-SHA-256',
    content: body,
  }),
  hmacModel({
    scheme: 'modern-treasury',
    source: 'https://docs.moderntreasury.com/platform/reference/webhooks',
    header: 'X-Signature',
    content: body,
  }),
  hmacModel({
    scheme: 'xero',
    source: 'https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/',
    header: 'x-xero-signature',
    digits: 'base64',
    content: body,
  }),
  hmacModel({
    scheme: 'btcpay',
    source: 'https://docs.btcpayserver.org/API/Greenfield/v1/#tag/Webhooks',
    header: 'BTCPay-Sig',
    form: (mac) => `sha256=${mac}`,
    content: body,
  }),
  hmacModel({
    scheme: 'worldline',
    source: 'https://docs.direct.worldline-solutions.com/en/integration/api-developer-guide/webhooks',
    header: 'X-GCS-Signature',
    digits: 'base64',
    content: body,
  }),
];
