import { digest, hmac } from '../openssl.ts';

import {
  bodyId,
  hexKeys,
  inHeader,
  keyBytes,
  type Model,
  type Tamper,
  inBody as tamperedBody,
  textKeys,
} from './model.ts';

const NOTIFICATION =
  '<notification><timestamp type="datetime">2025-06-15T15:06:40Z</timestamp><kind>check</kind><subject><check type="boolean">true</check></subject></notification>';
const ADYEN_REFERENCES = ['7914073381342284', '7914073381342285'];
const PAYOS_VN = {
  code: '00',
  desc: 'success',
  success: true,
  data: {
    orderCode: 123,
    amount: 3000,
    description: 'VQRIO123',
    reference: 'TF1',
    currency: 'VND',
    paymentLinkId: '124c33293c43417ab7879e14c8d9eb18',
    virtualAccountName: '',
  },
};
const REQUEST_ID = 'bb56a2f1-6aae-46ac-982e-9dcd3581d08e';
const SALT = '8f1bfc0a7d6e4b2c';

/** Those whose signature stands in the body, or covers only a part of the message. */
export const inBody: readonly Model[] = [
  model({
    scheme: 'koywe-ramp',
    source: 'https://docs.koywe.com/documentation/webhooks',
    body: '{"eventName":"crypto_delivered","orderId":"ord_1","timeStamp":1750000000000}',
    digits: 'hex',
    write({ key, body, spoil }) {
      const mac = spoil(hmac({ hash: 'sha256', key: keyBytes(key), content: body }).toString('hex'));
      return {
        headers: [],
        body: Buffer.from(`${body.toString().slice(0, -1)},"signature":"${mac}"}`),
        signed: body,
      };
    },
    tampers: [
      tamperedBody('another order', (text) => text.replace('ord_1', 'ord_2')),
      tamperedBody('a member twice', (text) => text.replace('{', '{"orderId":"ord_2",'), 'body-malformed'),
      tamperedBody('no JSON', (text) => `${text}}`, 'body-malformed'),
    ],
  }),
  model({
    scheme: 'adyen',
    source: 'https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures',
    keys: hexKeys('adyen'),
    body: adyenBody([undefined, undefined]),
    digits: 'base64',
    write({ key, spoil }) {
      const signed = ADYEN_REFERENCES.map((reference) =>
        Buffer.from(`${reference}::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true`),
      );
      const macs = signed.map((content) =>
        spoil(hmac({ hash: 'sha256', key: keyBytes(key), content }).toString('base64')),
      );
      return {
        headers: [],
        body: Buffer.from(adyenBody(macs)),
        signed: Buffer.from(signed.map((content) => `${content.length}:${content.toString()}`).join('')),
      };
    },
    tampers: [
      tamperedBody('another amount', (text) => text.replace('"value":1130', '"value":1131')),
      tamperedBody('another amount in the second item', (text) =>
        text.replace(/("value":113)0(?!.*"value")/s, '$11'),
      ),
      tamperedBody(
        'an item without a signature',
        (text) => text.replace(/"hmacSignature":"[^"]*"/, '"other":"1"'),
        'signature-missing',
      ),
      tamperedBody(
        'another date, which is not signed',
        (text) => text.replace('2025-06-15', '2026-01-01'),
        null,
      ),
      tamperedBody(
        'a member twice',
        (text) => text.replace('"success":"true"', '"success":"false","success":"true"'),
        'body-malformed',
      ),
      tamperedBody('no JSON', (text) => text.slice(1), 'body-malformed'),
    ],
  }),
  model({
    scheme: 'braintree',
    source: 'https://developer.paypal.com/braintree/docs/guides/webhooks/parse',
    body: `${Buffer.from(NOTIFICATION).toString('base64')}\n`,
    digits: 'hex',
    parameters: { publicKey: 'integration_public_key' },
    write({ key, body, spoil }) {
      const mac = spoil(
        hmac({ hash: 'sha1', key: digest('sha1', keyBytes(key)), content: body }).toString('hex'),
      );
      const form = new URLSearchParams({
        bt_signature: `integration_public_key|${mac}`,
        bt_payload: body.toString(),
      });
      return {
        headers: [['Content-Type', 'application/x-www-form-urlencoded']],
        body: Buffer.from(String(form)),
        signed: body,
      };
    },
    tampers: [
      tamperedBody('another payload', (text) => text.replace('bt_payload=P', 'bt_payload=Q')),
      tamperedBody(
        'a signature for another public key',
        (text) => text.replace('integration_public_key', 'other_key'),
        'version-unknown',
      ),
      tamperedBody('no signature', (text) => text.replace(/bt_signature=[^&]*&/, ''), 'signature-missing'),
      tamperedBody('another payload behind it', (text) => `${text}&bt_payload=QQ%3D%3D`, 'body-malformed'),
    ],
  }),
  model({
    scheme: 'payos-vn',
    source: 'https://payos.vn/docs/tich-hop-webhook/kiem-tra-du-lieu-voi-signature',
    body: JSON.stringify(PAYOS_VN),
    digits: 'hex',
    write({ key, spoil }) {
      const pairs = Object.entries(PAYOS_VN.data).map(([name, value]) => `${name}=${value}`);
      pairs.sort();
      const mac = hmac({
        hash: 'sha256',
        key: keyBytes(key),
        content: Buffer.from(pairs.join('&')),
      }).toString('hex');
      return {
        headers: [],
        body: Buffer.from(JSON.stringify({ ...PAYOS_VN, signature: spoil(mac) })),
        signed: Buffer.from(pairs.join('&')),
      };
    },
    tampers: [
      tamperedBody('another amount', (text) => text.replace('"amount":3000', '"amount":30')),
      tamperedBody('no signature', (text) => text.replace(/,"signature":"[^"]*"/, ''), 'signature-missing'),
      tamperedBody('two signatures', (text) => text.replace('{', '{"signature":"00",'), 'body-malformed'),
      tamperedBody(
        'a value that holds another pair',
        (text) => text.replace('VQRIO123', 'VQRIO123&amount=1'),
        'body-malformed',
      ),
      tamperedBody(
        'another code beside the data',
        (text) => text.replace('{"code":"00"', '{"code":"01"'),
        null,
      ),
    ],
  }),
  model({
    scheme: 'nowpayments',
    source: 'https://nowpayments.zendesk.com/hc/en-us/articles/21395546303389-IPN-and-how-to-setup',
    body: '{"payment_status":"finished","payment_id":5077125051,"price_amount":170,"fee":{"withdrawalFee":0,"currency":"btc","depositFee":0.9}}',
    digits: 'hex',
    header: 'x-nowpayments-sig',
    write({ key, body, spoil }) {
      // Written out: sorting is what is under test.
      const sorted = body
        .toString()
        .replace(
          /^\{"payment_status":("[^"]*"),"payment_id":([0-9]+),"price_amount":([0-9]+),"fee":\{"withdrawalFee":0,"currency":"btc","depositFee":0.9\}\}$/,
          '{"fee":{"currency":"btc","depositFee":0.9,"withdrawalFee":0},"payment_id":$2,"payment_status":$1,"price_amount":$3}',
        );
      const mac = hmac({ hash: 'sha512', key: keyBytes(key), content: Buffer.from(sorted) }).toString('hex');
      return { headers: [['x-nowpayments-sig', spoil(mac)]], body, signed: Buffer.from(sorted) };
    },
    tampers: [
      tamperedBody('another amount', (text) => text.replace(':170', ':171')),
      tamperedBody('another nested value', (text) => text.replace('0.9', '0.8')),
      tamperedBody('a member twice', (text) => text.replace('{', '{"payment_id":1,'), 'body-malformed'),
      tamperedBody('white space between members', (text) => text.replaceAll(',', ', '), null),
    ],
  }),
  model({
    scheme: 'mercado-pago',
    source: 'https://www.mercadopago.com.ar/developers/en/docs/your-integrations/notifications/webhooks',
    body: '{"action":"payment.updated","data":{"id":"123456"},"id":1,"type":"payment"}',
    digits: 'hex',
    header: 'x-signature',
    isBodySigned: false,
    time: { unit: 's', toleranceSeconds: 300, either: true },
    target: '/in/1?data.id=123456&type=payment',
    write({ key, body, timeText, spoil }) {
      const content = Buffer.from(`id:123456;request-id:${REQUEST_ID};ts:${timeText};`);
      const mac = spoil(hmac({ hash: 'sha256', key: keyBytes(key), content }).toString('hex'));
      return {
        headers: [
          ['x-request-id', REQUEST_ID],
          ['x-signature', `ts=${timeText},v1=${mac}`],
        ],
        body,
        signed: content,
      };
    },
    tampers: [
      inHeader('another request id', { header: 'x-request-id', change: (id) => `${id}0` }),
      inTarget('another id in the address', '/in/1?data.id=123457&type=payment'),
      inTarget('two ids in the address', '/in/1?data.id=123456&data.id=123457', 'target-malformed'),
      tamperedBody('another body, which is not signed', (text) => text.replace('123456', '654321'), null),
    ],
  }),
  model({
    scheme: 'rapyd',
    source: 'https://docs.rapyd.net/en/webhook-authentication.html',
    body: '{"id":"wh_1","type":"PAYMENT_COMPLETED","data":{"id":"payment_1","amount":10}}',
    digits: 'base64-of-hex',
    header: 'signature',
    id: 'salt',
    timestamp: 'timestamp',
    isBodyOpaque: true,
    eventId: bodyId('id'),
    time: { unit: 's', toleranceSeconds: 300 },
    url: 'https://hooks.example.test/rapyd',
    parameters: { accessKey: 'rak_access_key' },
    write({ key, body, timeText, spoil }) {
      const before = `https://hooks.example.test/rapyd${SALT}${timeText}rak_access_key${key.text}`;
      const content = Buffer.concat([Buffer.from(before), body]);
      const mac = spoil(
        Buffer.from(hmac({ hash: 'sha256', key: keyBytes(key), content }).toString('hex')).toString('base64'),
      );
      return {
        headers: [
          ['salt', SALT],
          ['timestamp', timeText],
          ['signature', mac],
        ],
        body,
        // Without the secret, which a rotation changes.
        signed: Buffer.concat([Buffer.from(before.slice(0, -key.text.length)), body]),
      };
    },
    tampers: [
      inHeader('another salt', { header: 'salt', change: (salt) => `${salt}0` }),
      tamperedBody('another amount', (text) => text.replace('"amount":10', '"amount":11')),
    ],
  }),
];

function inTarget(name: string, target: string, reason?: string): Tamper {
  return { name, change: (message) => ({ ...message, target }), ...(reason === undefined ? {} : { reason }) };
}

interface Given {
  readonly scheme: string;
  readonly source: string;
  readonly body: string;
  readonly digits: Model['digits'];
  readonly write: Model['write'];
  readonly tampers: readonly Tamper[];
  readonly keys?: Model['keys'];
  readonly header?: string;
  readonly id?: string;
  readonly timestamp?: string;
  readonly isBodyOpaque?: boolean;
  readonly isBodySigned?: boolean;
  readonly time?: Model['time'];
  readonly target?: string;
  readonly url?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly eventId?: Model['eventId'];
}

function model(given: Given): Model {
  return {
    scheme: given.scheme,
    source: given.source,
    keys: given.keys ?? textKeys(given.scheme),
    body: Buffer.from(given.body),
    bodyIsOpaque: given.isBodyOpaque ?? false,
    bodyIsSigned: given.isBodySigned ?? true,
    time: given.time ?? null,
    headers: { signature: given.header ?? null, id: given.id ?? null, timestamp: given.timestamp ?? null },
    digits: given.digits,
    url: given.url ?? null,
    target: given.target ?? null,
    parameters: given.parameters ?? {},
    write: given.write,
    eventId: given.eventId ?? (() => null),
    tampers: given.tampers,
  };
}

/** Two items, with their signatures where there are any. */
function adyenBody(macs: readonly (string | undefined)[]): string {
  return JSON.stringify({
    live: 'false',
    notificationItems: ADYEN_REFERENCES.map((pspReference, index) => ({
      NotificationRequestItem: {
        eventCode: 'AUTHORISATION',
        success: 'true',
        eventDate: '2025-06-15T15:06:40+00:00',
        merchantAccountCode: 'TestMerchant',
        pspReference,
        merchantReference: 'TestPayment-1407325143704',
        amount: { value: 1130, currency: 'EUR' },
        ...(macs[index] === undefined ? {} : { additionalData: { hmacSignature: macs[index] } }),
      },
    })),
  });
}
