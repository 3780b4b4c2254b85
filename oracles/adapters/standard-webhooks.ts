import { load } from '../foreign.ts';
import { type Adapter, type ToSign, unlessThrown } from './adapter.ts';

/** The packages of those who send Standard Webhooks. */
export const standardWebhooks: readonly Adapter[] = [
  {
    scheme: 'standard-webhooks',
    package: 'standardwebhooks',
    calls: 'Webhook.sign, Webhook.verify',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => (await reference('standardwebhooks', secret)).call('verify', body, headers)),
    sign: (message) => signed('standardwebhooks', { message, prefix: 'webhook' }),
  },
  ...(['svix', 'payos'] as const).map(
    (scheme): Adapter => ({
      scheme,
      package: 'svix',
      calls: 'Webhook.sign, Webhook.verify',
      verify: ({ secret, headers, body }) =>
        unlessThrown(async () => (await reference('svix', secret)).call('verify', body, headers)),
      sign: (message) => signed('svix', { message, prefix: 'svix' }),
    }),
  ),
  {
    scheme: 'lithic',
    package: 'lithic',
    calls: 'webhooks.verifySignature',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const client = (await load('lithic')).get('default').construct({ apiKey: 'unused' });
        await client.get('webhooks').call('verifySignature', body.toString(), headers, secret);
      }),
    sign: null,
  },
  {
    scheme: 'portone',
    package: '@portone/server-sdk',
    calls: 'Webhook.verify',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () =>
        (await load('@portone/server-sdk')).get('Webhook').call('verify', secret, body.toString(), headers),
      ),
    sign: null,
  },
  {
    scheme: 'increase',
    package: 'increase',
    calls: 'events.unwrap',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const client = (await load('increase')).get('default').construct({ apiKey: 'unused' });
        await client.get('events').call('unwrap', body.toString(), { headers, key: secret });
      }),
    sign: null,
  },
  {
    scheme: 'polar',
    package: '@polar-sh/sdk',
    calls: 'webhooks.validateEvent',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () =>
        (await load('@polar-sh/sdk/2026-04')).get('webhooks').call('validateEvent', body, headers, secret),
      ),
    sign: null,
  },
];

async function reference(name: string, secret: string) {
  return (await load(name)).get('Webhook').construct(secret);
}

async function signed(name: string, { message, prefix }: { message: ToSign; prefix: string }) {
  const { secret, id, nowMs, body } = message;
  const made = await (await reference(name, secret)).call('sign', id, new Date(nowMs), body);
  return {
    headers: [
      [`${prefix}-id`, id],
      [`${prefix}-timestamp`, String(Math.floor(nowMs / 1000))],
      [`${prefix}-signature`, String(made.value)],
    ] as const,
    body,
  };
}
