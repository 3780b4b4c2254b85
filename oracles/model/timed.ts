import { hmacModel } from './hmac-model.ts';
import { type Keys, type Model, textKeys, type Writing, whsecKeys } from './model.ts';

const dotted = ({ timeText, body }: Writing) => [timeText, '.', body];
const joined = ({ timeText, body }: Writing) => [timeText, body];
const seconds = { unit: 's', toleranceSeconds: 300 } as const;
const milliseconds = { unit: 'ms', toleranceSeconds: 300 } as const;

/** Those that sign a time with the body. */
export const timed: readonly Model[] = [
  ...standardWebhooks({ scheme: 'standard-webhooks', prefix: 'webhook' }),
  ...standardWebhooks({ scheme: 'svix', prefix: 'svix' }),
  ...standardWebhooks({ scheme: 'payos', prefix: 'svix' }),
  ...standardWebhooks({ scheme: 'lithic', prefix: 'webhook' }),
  ...standardWebhooks({ scheme: 'portone', prefix: 'webhook' }),
  // Their packages base64-encode the secret for a library that decodes it: the key is the text itself.
  ...standardWebhooks({ scheme: 'increase', prefix: 'webhook', keys: textKeys('increase') }),
  ...standardWebhooks({
    scheme: 'polar',
    prefix: 'webhook',
    keys: textKeys('polar'),
    body: '{"type":"order.paid","timestamp":"2025-06-15T15:06:40Z","data":{"id":"ord_1"}}',
  }),
  hmacModel({
    scheme: 'stripe',
    source: 'https://docs.stripe.com/webhooks/signature',
    header: 'Stripe-Signature',
    form: (mac, { timeText }) => `t=${timeText},v1=${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'liasonpay',
    source: 'https://github.com/jaydeepamcodr/liasonpay-docs, security.md',
    header: 'Liasonpay-Signature',
    form: (mac, { timeText }) => `t=${timeText},v1=${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'liasonpay-unlabelled',
    source: 'https://github.com/jaydeepamcodr/liasonpay-docs, webhooks.md',
    header: 'Liasonpay-Signature',
    form: (mac, { timeText }) => `${timeText},${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'paddle',
    source: 'https://developer.paddle.com/webhooks/signature-verification',
    header: 'Paddle-Signature',
    form: (mac, { timeText }) => `ts=${timeText};h1=${mac}`,
    content: ({ timeText, body }) => [timeText, ':', body],
    time: seconds,
  }),
  hmacModel({
    scheme: 'workos',
    source: 'https://workos.com/docs/events/data-syncing/webhooks',
    header: 'WorkOS-Signature',
    form: (mac, { timeText }) => `t=${timeText}, v1=${mac}`,
    content: dotted,
    time: { unit: 'ms', toleranceSeconds: 180 },
  }),
  hmacModel({
    scheme: 'paymongo',
    source: 'https://developers.paymongo.com/docs/creating-webhook',
    header: 'Paymongo-Signature',
    form: (mac, { timeText }) => `t=${timeText},te=,li=${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'recurly',
    source: 'https://docs.recurly.com/recurly-subscriptions/docs/webhooks',
    header: 'recurly-signature',
    form: (mac, { timeText }) => `${timeText},${mac}`,
    content: dotted,
    time: milliseconds,
  }),
  hmacModel({
    scheme: 'revolut',
    source:
      'https://developer.revolut.com/docs/guides/merchant/tutorials/work-with-webhooks/verify-the-payload-signature',
    header: 'Revolut-Signature',
    form: (mac) => `v1=${mac}`,
    timeHeader: 'Revolut-Request-Timestamp',
    content: ({ timeText, body }) => ['v1.', timeText, '.', body],
    time: milliseconds,
  }),
  hmacModel({
    scheme: 'airwallex',
    source: 'https://www.airwallex.com/docs/developer-tools__listen-for-webhook-events',
    header: 'x-signature',
    timeHeader: 'x-timestamp',
    content: joined,
    time: milliseconds,
  }),
  hmacModel({
    scheme: 'cashfree',
    source: 'https://www.cashfree.com/docs/api-reference/payments/latest/webhooks/signature-verification',
    header: 'x-webhook-signature',
    timeHeader: 'x-webhook-timestamp',
    digits: 'base64',
    content: joined,
    time: milliseconds,
  }),
];

function standardWebhooks(given: { scheme: string; prefix: string; keys?: Keys; body?: string }): Model[] {
  const { scheme, prefix, keys = whsecKeys(scheme), body } = given;
  return [
    hmacModel({
      scheme,
      source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
      header: `${prefix}-signature`,
      idHeader: `${prefix}-id`,
      timeHeader: `${prefix}-timestamp`,
      form: (mac) => `v1,${mac}`,
      digits: 'base64',
      keys,
      ...(body === undefined ? {} : { body }),
      content: ({ id, timeText, body }) => [id, '.', timeText, '.', body],
      time: seconds,
    }),
  ];
}
