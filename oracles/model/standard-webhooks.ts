import { hmacModel } from './hmac-model.ts';
import { headerId, inHeader, type Keys, type Model, type Tamper, textKeys, whsecKeys } from './model.ts';

/** Standard Webhooks, and those that send them under headers or with secrets of their own. */
export const standardWebhooksModels: readonly Model[] = [
  standardWebhooks({ scheme: 'standard-webhooks', prefix: 'webhook' }),
  standardWebhooks({ scheme: 'svix', prefix: 'svix' }),
  standardWebhooks({ scheme: 'payos', prefix: 'svix' }),
  standardWebhooks({ scheme: 'lithic', prefix: 'webhook' }),
  standardWebhooks({ scheme: 'portone', prefix: 'webhook' }),
  // Their packages base64-encode the secret for a library that decodes it: the key is the text itself.
  standardWebhooks({ scheme: 'increase', prefix: 'webhook', keys: textKeys('increase') }),
  standardWebhooks({
    scheme: 'polar',
    prefix: 'webhook',
    keys: textKeys('polar'),
    body: '{"type":"order.paid","timestamp":"2025-06-15T15:06:40Z","data":{"id":"ord_1"}}',
  }),
];

function standardWebhooks(given: { scheme: string; prefix: string; keys?: Keys; body?: string }): Model {
  const seconds = { unit: 's', toleranceSeconds: 300 } as const;
  const { scheme, prefix, keys = whsecKeys(scheme), body } = given;
  return hmacModel({
    scheme,
    source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    header: `${prefix}-signature`,
    idHeader: `${prefix}-id`,
    eventId: headerId(`${prefix}-id`),
    tampers: listTampers(`${prefix}-signature`),
    timeHeader: `${prefix}-timestamp`,
    form: (mac) => `v1,${mac}`,
    digits: 'base64',
    keys,
    ...(body === undefined ? {} : { body }),
    content: ({ id, timeText, body }) => [id, '.', timeText, '.', body],
    time: seconds,
  });
}

/** What a list of versions must and must not hold. */
function listTampers(header: string): Tamper[] {
  const zeros = Buffer.alloc(32).toString('base64');
  const changes: readonly (readonly [
    name: string,
    change: (value: string) => string,
    reason: string | null,
  ])[] = [
    ['two signatures, the second right', (value) => `v1,${zeros} ${value}`, null],
    ['Ed25519 beside it', (value) => `v1a,${zeros} ${value}`, null],
    ['only a version that is not understood', (value) => value.replace('v1,', 'v2,'), 'version-unknown'],
    ['no version', (value) => value.replace('v1,', ''), 'signature-malformed'],
    ['a comma for the blank between two', (value) => `${value},${value}`, 'signature-malformed'],
  ];
  return changes.map(([name, change, reason]) => inHeader(name, { header, change, reason }));
}
