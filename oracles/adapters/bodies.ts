import { record } from '../../packages/schemes/test/vector-file.ts';
import { load } from '../foreign.ts';
import { type Adapter, unlessThrown } from './adapter.ts';

/** The packages of those who sign the body alone, or the address and the body. */
export const bodies: readonly Adapter[] = [
  {
    scheme: 'github',
    package: '@octokit/webhooks-methods',
    calls: 'sign, verify',
    verify: async ({ secret, headers, body }) => {
      const module = await load('@octokit/webhooks-methods');
      const signature = headers['x-hub-signature-256'];
      return unlessThrown(async () =>
        mustBeTrue((await module.call('verify', secret, body.toString(), signature)).value),
      );
    },
    sign: async ({ secret, body }) => {
      const made = await (await load('@octokit/webhooks-methods')).call('sign', secret, body.toString());
      return { headers: [['X-Hub-Signature-256', String(made.value)]], body };
    },
  },
  {
    scheme: 'shopify',
    package: '@shopify/shopify-api',
    calls: 'webhooks.validate',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        await load('@shopify/shopify-api/adapters/node');
        const api = await (await load('@shopify/shopify-api')).call('shopifyApi', {
          apiKey: 'unused',
          apiSecretKey: secret,
          hostName: 'sallyport.test',
          apiVersion: '2026-01',
          isEmbeddedApp: false,
          logger: { level: 0, log: async () => undefined },
        });
        // What it wants to know besides, none of it signed.
        const unsigned = {
          'x-shopify-topic': 'orders/paid',
          'x-shopify-api-version': '2026-01',
          'x-shopify-shop-domain': 'shop.myshopify.com',
          'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
        };
        const rawRequest = { method: 'POST', url: '/webhooks', headers: { ...unsigned, ...headers } };
        const rawBody = body.toString();
        const { value } = await api.get('webhooks').call('validate', { rawBody, rawRequest });
        mustBeTrue(record(value)['valid']);
      }),
    sign: null,
  },
  {
    scheme: 'adyen-platform',
    package: '@adyen/api-library',
    calls: 'hmacValidator.calculateHmac, hmacValidator.validateHMACSignature',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const signature = headers['hmacsignature'];
        const { value } = await (await adyen()).call(
          'validateHMACSignature',
          secret,
          signature,
          body.toString(),
        );
        mustBeTrue(value);
      }),
    sign: async ({ secret, body }) => {
      const { value } = await (await adyen()).call('calculateHmac', body.toString(), secret);
      return { headers: [['HmacSignature', String(value)]], body };
    },
  },
  {
    scheme: 'square',
    package: 'square',
    calls: 'WebhooksHelper.verifySignature',
    verify: ({ secret, headers, body, url }) =>
      unlessThrown(async () => {
        const { value } = await (await load('square')).get('WebhooksHelper').call('verifySignature', {
          requestBody: body.toString(),
          signatureHeader: headers['x-square-hmacsha256-signature'],
          signatureKey: secret,
          notificationUrl: url,
        });
        mustBeTrue(value);
      }),
    sign: null,
  },
  {
    scheme: 'razorpay',
    package: 'razorpay',
    calls: 'validateWebhookSignature',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const signature = headers['x-razorpay-signature'];
        const razorpay = (await load('razorpay')).get('default');
        mustBeTrue(
          (await razorpay.call('validateWebhookSignature', body.toString(), signature, secret)).value,
        );
      }),
    sign: null,
  },
  {
    scheme: 'coinbase-commerce',
    package: 'coinbase-commerce-node',
    calls: 'Webhook.computeSignature, Webhook.verifySigHeader',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const webhook = (await load('coinbase-commerce-node')).get('default').get('Webhook');
        await webhook.call('verifySigHeader', body, headers['x-cc-webhook-signature'], secret);
      }),
    sign: async ({ secret, body }) => {
      const webhook = (await load('coinbase-commerce-node')).get('default').get('Webhook');
      const { value } = await webhook.call('computeSignature', body, secret);
      return { headers: [['X-CC-Webhook-Signature', String(value)]], body };
    },
  },
  {
    scheme: 'gocardless',
    package: 'gocardless-nodejs',
    calls: 'webhooks.verifySignature',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () =>
        (await load('gocardless-nodejs/webhooks')).call(
          'verifySignature',
          body,
          secret,
          headers['webhook-signature'],
        ),
      ),
    sign: null,
  },
  {
    scheme: 'modern-treasury',
    package: 'modern-treasury',
    calls: 'webhooks.getSignature, webhooks.validateSignature',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const given = { key: secret };
        mustBeTrue(
          (await (await modernTreasury()).call('validateSignature', body.toString(), headers, given)).value,
        );
      }),
    sign: async ({ secret, body }) => {
      const { value } = await (await modernTreasury()).call('getSignature', body.toString(), { key: secret });
      return { headers: [['X-Signature', String(value)]], body };
    },
  },
  {
    scheme: 'paystack',
    package: '@alexasomba/paystack-node',
    calls: 'computePaystackWebhookSignature, verifyPaystackWebhookSignature',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const given = { rawBody: body, secret, signature: headers['x-paystack-signature'] };
        mustBeTrue((await (await load(PAYSTACK)).call('verifyPaystackWebhookSignature', given)).value);
      }),
    sign: async ({ secret, body }) => {
      const { value } = await (await load(PAYSTACK)).call('computePaystackWebhookSignature', body, secret);
      return { headers: [['x-paystack-signature', String(value)]], body };
    },
  },
  {
    scheme: 'worldline',
    package: 'onlinepayments-sdk-nodejs',
    calls: 'webhooks.validate',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const webhooks = (await load('onlinepayments-sdk-nodejs')).get('webhooks');
        const helper = await webhooks.call('init', { getSecretKey: async () => secret });
        await helper.call('validate', body, headers);
      }),
    sign: null,
  },
];

const PAYSTACK = '@alexasomba/paystack-node';

async function adyen() {
  return (await load('@adyen/api-library')).get('hmacValidator').construct();
}

async function modernTreasury() {
  const options = { apiKey: 'unused', organizationID: 'unused' };
  return (await load('modern-treasury')).get('default').construct(options).get('webhooks');
}

function mustBeTrue(value: unknown): void {
  if (value !== true) throw new Error('refused');
}
