import { list, record, text } from '../../packages/schemes/test/vector-file.ts';
import { load } from '../foreign.ts';
import { type Adapter, unlessThrown } from './adapter.ts';

/** The packages of those whose signature stands in the body. */
export const inBody: readonly Adapter[] = [
  {
    scheme: 'adyen',
    package: '@adyen/api-library',
    calls: 'hmacValidator.calculateHmac, hmacValidator.validateHMAC',
    // The package looks at one item; a message is taken when each of its items is.
    verify: ({ secret, body }) =>
      unlessThrown(async () => {
        const items = itemsOf(parsed(body));
        for (const item of items) {
          const { value } = await (await adyen()).call('validateHMAC', item, secret);
          if (value !== true) throw new Error('refused');
        }
      }),
    sign: async ({ secret, body }) => {
      const message = parsed(body);
      const notificationItems: unknown[] = [];
      for (const item of itemsOf(message)) {
        const { value } = await (await adyen()).call('calculateHmac', item, secret);
        const additionalData = { ...record(item['additionalData'] ?? {}), hmacSignature: value };
        notificationItems.push({ NotificationRequestItem: { ...item, additionalData } });
      }
      return { headers: [], body: Buffer.from(JSON.stringify({ ...message, notificationItems })) };
    },
  },
  {
    scheme: 'braintree',
    package: 'braintree',
    calls: 'webhookTesting.sampleNotification, webhookNotification.parse',
    verify: ({ secret, body, parameters }) =>
      unlessThrown(async () => {
        const form = new URLSearchParams(body.toString());
        const gateway = await braintree(secret, parameters);
        const [signature, payload] = [form.get('bt_signature'), form.get('bt_payload')];
        await gateway.get('webhookNotification').call('parse', signature, payload);
      }),
    sign: async ({ secret, parameters }) => {
      const testing = (await braintree(secret, parameters)).get('webhookTesting');
      const { value } = await testing.call('sampleNotification', 'subscription_went_past_due', 'sub_1');
      const fields = Object.entries(record(value)).map(([name, field]) => [name, text(field)]);
      return { headers: [], body: Buffer.from(String(new URLSearchParams(fields))) };
    },
  },
  {
    scheme: 'payos-vn',
    package: '@payos/node',
    calls: 'crypto.createSignatureFromObj, webhooks.verify',
    verify: ({ secret, body }) =>
      unlessThrown(async () =>
        (await payos(secret)).get('webhooks').call('verify', JSON.parse(body.toString())),
      ),
    sign: async ({ secret, body }) => {
      const message = parsed(body);
      const { value } = await (await payos(secret))
        .get('crypto')
        .call('createSignatureFromObj', message['data'], secret);
      return { headers: [], body: Buffer.from(JSON.stringify({ ...message, signature: value })) };
    },
  },
];

async function adyen() {
  return (await load('@adyen/api-library')).get('hmacValidator').construct();
}

async function braintree(privateKey: string, parameters: Readonly<Record<string, string>>) {
  const module = (await load('braintree')).get('default');
  const environment = module.get('Environment').get('Sandbox').value;
  const publicKey = parameters['publicKey'] ?? '';
  const options = { environment, merchantId: 'unused', publicKey, privateKey };
  return module.get('BraintreeGateway').construct(options);
}

async function payos(checksumKey: string) {
  const options = { clientId: 'unused', apiKey: 'unused', checksumKey };
  return (await load('@payos/node')).get('PayOS').construct(options);
}

function parsed(body: Buffer): Record<string, unknown> {
  return record(JSON.parse(body.toString()));
}

function itemsOf(message: Record<string, unknown>): readonly Record<string, unknown>[] {
  return list(message['notificationItems']).map((item) => record(record(item)['NotificationRequestItem']));
}
