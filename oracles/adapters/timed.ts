import { load } from '../foreign.ts';
import { type Adapter, unlessThrown } from './adapter.ts';

/** The packages of those who sign a time with the body. */
export const timed: readonly Adapter[] = [
  {
    scheme: 'stripe',
    package: 'stripe',
    calls: 'webhooks.generateTestHeaderString, webhooks.signature.verifyHeader',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const signature = (await stripe()).get('signature');
        await signature.call('verifyHeader', body, headers['stripe-signature'], secret, 300);
      }),
    sign: async ({ secret, nowMs, body }) => {
      const options = { payload: body.toString(), secret, timestamp: Math.floor(nowMs / 1000) };
      const { value } = await (await stripe()).call('generateTestHeaderString', options);
      return { headers: [['Stripe-Signature', String(value)]], body };
    },
  },
  {
    scheme: 'paddle',
    package: '@paddle/paddle-node-sdk',
    calls: 'webhooks.isSignatureValid',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const paddle = (await load('@paddle/paddle-node-sdk'))
          .get('Paddle')
          .construct('unused', { logLevel: 'none' });
        const signature = headers['paddle-signature'];
        const { value } = await paddle
          .get('webhooks')
          .call('isSignatureValid', body.toString(), secret, signature);
        if (value !== true) throw new Error('refused');
      }),
    sign: null,
  },
  {
    scheme: 'workos',
    package: '@workos-inc/node',
    calls: 'webhooks.computeSignature, webhooks.verifyHeader',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const sigHeader = headers['workos-signature'];
        await (await workos()).call('verifyHeader', { payload: body.toString(), sigHeader, secret });
      }),
    sign: async ({ secret, nowMs, body }) => {
      const { value } = await (await workos()).call(
        'computeSignature',
        String(nowMs),
        body.toString(),
        secret,
      );
      return { headers: [['WorkOS-Signature', `t=${nowMs}, v1=${String(value)}`]], body };
    },
  },
  {
    scheme: 'cashfree',
    package: 'cashfree-pg',
    calls: 'PGVerifyWebhookSignature',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const cashfree = (await load('cashfree-pg')).get('Cashfree').construct('SANDBOX', 'unused', secret);
        const signature = headers['x-webhook-signature'];
        const timestamp = headers['x-webhook-timestamp'];
        await cashfree.call('PGVerifyWebhookSignature', signature, body.toString(), timestamp);
      }),
    sign: null,
  },
  {
    scheme: 'mercado-pago',
    package: 'mercadopago',
    calls: 'WebhookSignatureValidator.validate',
    verify: ({ secret, headers, target }) =>
      unlessThrown(async () => {
        const dataId = new URL(target, 'https://sallyport.test').searchParams.get('data.id');
        await (await load('mercadopago')).get('WebhookSignatureValidator').call('validate', {
          xSignature: headers['x-signature'],
          xRequestId: headers['x-request-id'],
          dataId,
          secret,
          toleranceSeconds: 300,
        });
      }),
    sign: null,
  },
];

async function stripe() {
  return (await load('stripe')).get('default').construct('sk_test_unused').get('webhooks');
}

async function workos() {
  return (await load('@workos-inc/node')).get('WorkOS').construct('sk_unused').get('webhooks');
}
