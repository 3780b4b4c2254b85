import { hmacModel } from './hmac-model.ts';
import { bodyId, inHeader, type Model, type Tamper, type Writing } from './model.ts';

const dotted = ({ timeText, body }: Writing) => [timeText, '.', body];
const joined = ({ timeText, body }: Writing) => [timeText, body];
const seconds = { unit: 's', toleranceSeconds: 300 } as const;
const milliseconds = { unit: 'ms', toleranceSeconds: 300 } as const;

/** Those that sign a time with the body. */
export const timed: readonly Model[] = [
  hmacModel({
    scheme: 'stripe',
    source: 'https://docs.stripe.com/webhooks/signature',
    header: 'Stripe-Signature',
    eventId: bodyId('id'),
    tampers: pairTampers({ header: 'Stripe-Signature', time: 't', mac: 'v1', separator: ',', repeats: true }),
    form: (mac, { timeText }) => `t=${timeText},v1=${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'liasonpay',
    source: 'https://github.com/jaydeepamcodr/liasonpay-docs, security.md',
    header: 'Liasonpay-Signature',
    duplicates: 'body',
    tampers: pairTampers({
      header: 'Liasonpay-Signature',
      time: 't',
      mac: 'v1',
      separator: ',',
      repeats: false,
    }),
    form: (mac, { timeText }) => `t=${timeText},v1=${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'liasonpay-unlabelled',
    source: 'https://github.com/jaydeepamcodr/liasonpay-docs, webhooks.md',
    header: 'Liasonpay-Signature',
    duplicates: 'body',
    form: (mac, { timeText }) => `${timeText},${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'paddle',
    source: 'https://developer.paddle.com/webhooks/signature-verification',
    header: 'Paddle-Signature',
    eventId: bodyId('event_id'),
    tampers: pairTampers({
      header: 'Paddle-Signature',
      time: 'ts',
      mac: 'h1',
      separator: ';',
      repeats: true,
    }),
    form: (mac, { timeText }) => `ts=${timeText};h1=${mac}`,
    content: ({ timeText, body }) => [timeText, ':', body],
    time: seconds,
  }),
  hmacModel({
    scheme: 'workos',
    source: 'https://workos.com/docs/events/data-syncing/webhooks',
    header: 'WorkOS-Signature',
    eventId: bodyId('id'),
    tampers: [
      inHeader('no blank behind the comma', {
        header: 'WorkOS-Signature',
        change: (value) => value.replace(', ', ','),
        reason: null,
      }),
    ],
    form: (mac, { timeText }) => `t=${timeText}, v1=${mac}`,
    content: dotted,
    time: { unit: 'ms', toleranceSeconds: 180 },
  }),
  hmacModel({
    scheme: 'paymongo',
    source: 'https://developers.paymongo.com/docs/creating-webhook',
    header: 'Paymongo-Signature',
    eventId: bodyId('data', 'id'),
    parameters: { mode: 'live' },
    tampers: [
      inHeader('the signature of test mode in live mode', {
        header: 'Paymongo-Signature',
        change: (value) => value.replace('te=,li=', 'te=').concat(',li='),
        reason: 'signature-malformed',
      }),
    ],
    form: (mac, { timeText }) => `t=${timeText},te=,li=${mac}`,
    content: dotted,
    time: seconds,
  }),
  hmacModel({
    scheme: 'recurly',
    source: 'https://docs.recurly.com/recurly-subscriptions/docs/webhooks',
    header: 'recurly-signature',
    duplicates: 'body',
    tampers: [
      inHeader('two signatures, the second right', {
        header: 'recurly-signature',
        change: (value) => value.replace(',', `,${'0'.repeat(64)},`),
        reason: null,
      }),
    ],
    form: (mac, { timeText }) => `${timeText},${mac}`,
    content: dotted,
    time: milliseconds,
  }),
  hmacModel({
    scheme: 'revolut',
    source:
      'https://developer.revolut.com/docs/guides/merchant/tutorials/work-with-webhooks/verify-the-payload-signature',
    header: 'Revolut-Signature',
    tampers: [
      inHeader('two signatures, the second right', {
        header: 'Revolut-Signature',
        change: (value) => `v1=${'0'.repeat(64)},${value}`,
        reason: null,
      }),
    ],
    form: (mac) => `v1=${mac}`,
    timeHeader: 'Revolut-Request-Timestamp',
    content: ({ timeText, body }) => ['v1.', timeText, '.', body],
    time: milliseconds,
  }),
  hmacModel({
    scheme: 'airwallex',
    source: 'https://www.airwallex.com/docs/developer-tools__listen-for-webhook-events',
    header: 'x-signature',
    eventId: bodyId('id'),
    timeHeader: 'x-timestamp',
    content: joined,
    time: milliseconds,
  }),
  hmacModel({
    scheme: 'cashfree',
    source: 'https://www.cashfree.com/docs/api-reference/payments/latest/webhooks/signature-verification',
    header: 'x-webhook-signature',
    duplicates: 'body',
    timeHeader: 'x-webhook-timestamp',
    digits: 'base64',
    content: joined,
    time: milliseconds,
  }),
];

/** What pairs of names and values must and must not hold. */
function pairTampers(given: {
  readonly header: string;
  readonly time: string;
  readonly mac: string;
  readonly separator: string;
  readonly repeats: boolean;
}): Tamper[] {
  const { header, time, mac, separator, repeats } = given;
  const second = (value: string) => value.slice(value.indexOf(separator) + 1);
  const first = (value: string) => value.slice(0, value.indexOf(separator));
  const zeros = `${mac}=${'0'.repeat(64)}`;
  const changes: readonly (readonly [
    name: string,
    change: (value: string) => string,
    reason: string | null,
  ])[] = [
    [
      'two signatures, the second right',
      (value) => [first(value), zeros, second(value)].join(separator),
      repeats ? null : 'signature-repeated',
    ],
    ['a pair that is not known', (value) => `${value}${separator}v0=00`, null],
    ['no time', second, 'timestamp-missing'],
    ['an empty time', (value) => [`${time}=`, second(value)].join(separator), 'timestamp-missing'],
    [
      'two times',
      (value) => [first(value), first(value), second(value)].join(separator),
      'timestamp-repeated',
    ],
    ['no signature', first, 'version-unknown'],
    ['another version alone', (value) => value.replace(`${mac}=`, 'v0='), 'version-unknown'],
    [
      'a blank behind the separator',
      (value) => value.replace(separator, `${separator} `),
      'signature-malformed',
    ],
    ['a blank at the end', (value) => `${value} `, 'signature-malformed'],
  ];
  return changes.map(([name, change, reason]) => inHeader(name, { header, change, reason }));
}
