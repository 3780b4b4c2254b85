import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digest, generateKey, rawEcdsa, signEd25519, signSha256 } from '../openssl.ts';
import {
  BODY_TAMPERS,
  bodyId,
  headerId,
  inHeader,
  type Key,
  type Keys,
  type Model,
  type Tamper,
  type Writing,
} from './model.ts';

/**
 * Those that sign with a private key. It is made for one run and goes with it: the vectors hold public keys, so that
 * nobody's scanner finds a private one in the repository.
 */
export function keyModels(): readonly Model[] {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-oracles-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const keys = (kind: 'rsa' | 'ec' | 'ed25519', write = (pem: string) => pem): Keys => {
    const key = (name: string): Key => {
      const path = join(folder, `${kind}-${name}-${(count += 1)}.pem`);
      return { text: write(generateKey(kind, path)), secret: path };
    };
    return { current: key('current'), older: key('older'), stranger: key('stranger') };
  };
  let count = 0;
  return [
    model({
      scheme: 'wise',
      source: 'https://docs.wise.com/guides/developer/webhooks/event-handling',
      keys: keys('rsa'),
      header: 'X-Signature-SHA256',
      write: ({ key, body, spoil }) => ({
        headers: [['X-Signature-SHA256', spoil(rsa(key, body))]],
        body,
        signed: body,
      }),
    }),
    model({
      scheme: 'circle',
      parameters: { keyId: CIRCLE_KEY },
      eventId: bodyId('notificationId'),
      source: 'https://developers.circle.com/wallets/webhook-notifications',
      keys: keys('ec'),
      header: 'X-Circle-Signature',
      write: ({ key, body, spoil }) => ({
        headers: [
          ['X-Circle-Key-Id', CIRCLE_KEY],
          ['X-Circle-Signature', spoil(signSha256(path(key), body).toString('base64'))],
        ],
        body,
        signed: body,
      }),
    }),
    ...(['wechat-pay', 'binance-pay'] as const).map((scheme) => {
      const names = {
        'wechat-pay': ['Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Serial', 'Wechatpay-Signature'],
        'binance-pay': [
          'BinancePay-Timestamp',
          'BinancePay-Nonce',
          'BinancePay-Certificate-SN',
          'BinancePay-Signature',
        ],
      }[scheme];
      const [timestamp = '', nonce = '', serial = '', header = ''] = names;
      return model({
        scheme,
        ...(scheme === 'wechat-pay' ? { eventId: bodyId('id') } : {}),
        source: {
          'wechat-pay': 'https://pay.weixin.qq.com/doc/v3/merchant/4013053249',
          'binance-pay': 'https://developers.binance.com/docs/binance-pay/webhook-common',
        }[scheme],
        keys: keys('rsa'),
        parameters: { keyId: SERIAL },
        header,
        id: nonce,
        timestamp,
        time: { unit: scheme === 'wechat-pay' ? 's' : 'ms', toleranceSeconds: 300 },
        write: ({ key, body, timeText, spoil }) => {
          const content = Buffer.concat([Buffer.from(`${timeText}\n${NONCE}\n`), body, Buffer.from('\n')]);
          return {
            headers: [
              [timestamp, timeText],
              [nonce, NONCE],
              [serial, SERIAL],
              [header, spoil(rsa(key, content))],
            ],
            body,
            signed: scheme === 'binance-pay' ? body : content,
          };
        },
        tampers: [inHeader('another nonce', { header: nonce, change: (text) => `${text}0` })],
      });
    }),
    model({
      scheme: 'plaid',
      parameters: { keyId: PLAID_HEADER.kid },
      ownTampers: true,
      tampers: [
        ...BODY_TAMPERS.map((tamper) => ({ ...tamper, reason: 'digest-mismatch' })),
        ...['none', 'HS256', 'RS256'].map((alg) =>
          inHeader(`the algorithm ${alg}`, {
            header: 'Plaid-Verification',
            change: (token) => {
              const header = Buffer.from(JSON.stringify({ ...PLAID_HEADER, alg })).toString('base64url');
              return [header, ...token.split('.').slice(1)].join('.');
            },
            reason: 'algorithm-wrong',
          }),
        ),
        inHeader('without its signature', {
          header: 'Plaid-Verification',
          change: (token) => token.slice(0, token.lastIndexOf('.')),
          reason: 'signature-malformed',
        }),
      ],
      source: 'https://plaid.com/docs/api/webhooks/webhook-verification/',
      keys: keys('ec'),
      header: 'Plaid-Verification',
      time: { unit: 's', toleranceSeconds: 300 },
      write: ({ key, body, timeText, spoil }) => {
        const token = jwt({ key, body, timeText, spoil, header: PLAID_HEADER });
        const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')));
        return { headers: [['Plaid-Verification', token]], body, signed };
      },
    }),
    model({
      scheme: 'standard-webhooks-v1a',
      eventId: headerId('webhook-id'),
      source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
      keys: keys('ed25519'),
      header: 'webhook-signature',
      id: 'webhook-id',
      idEnd: '.',
      timestamp: 'webhook-timestamp',
      time: { unit: 's', toleranceSeconds: 300 },
      write: ({ key, id, body, timeText, spoil }) => {
        const content = Buffer.concat([Buffer.from(`${id}.${timeText}.`), body]);
        return {
          headers: [
            ['webhook-id', id],
            ['webhook-timestamp', timeText],
            ['webhook-signature', `v1a,${spoil(signEd25519(path(key), content).toString('base64'))}`],
          ],
          body,
          signed: content,
        };
      },
    }),
    model({
      scheme: 'paypal',
      eventId: headerId('paypal-transmission-id'),
      source: 'https://developer.paypal.com/api/rest/webhooks/rest/',
      keys: keys('rsa'),
      header: 'paypal-transmission-sig',
      id: 'paypal-transmission-id',
      idEnd: '|',
      timestamp: 'paypal-transmission-time',
      time: { unit: 'iso', toleranceSeconds: 86_400 },
      parameters: { webhookId: '9XL90610J3647323C', keyId: PAYPAL_CERTIFICATE },
      write: ({ key, id, body, timeText, spoil }) => {
        const content = Buffer.from(`${id}|${timeText}|9XL90610J3647323C|${crc32(body)}`);
        return {
          headers: [
            ['paypal-transmission-id', id],
            ['paypal-transmission-time', timeText],
            ['paypal-transmission-sig', spoil(rsa(key, content))],
            ['paypal-cert-url', PAYPAL_CERTIFICATE],
            ['paypal-auth-algo', 'SHA256withRSA'],
          ],
          body,
          signed: content,
        };
      },
    }),
    model({
      scheme: 'bitso',
      parameters: { keyId: 'key-1' },
      source: 'https://docs.bitso.com/bitso-payouts-funding/docs/webhooks',
      keys: keys('rsa'),
      header: 'x-bitso-webhook-event-signature',
      body: '{"event":"funding","payload":{"fid":"f1","status":"complete","amount":"10.00"}}',
      opaque: false,
      ownTampers: true,
      tampers: [
        {
          name: 'another amount in the payload',
          change: ({ headers, body }) => ({
            headers,
            body: Buffer.from(body.toString().replace('10.00', '10.01')),
          }),
        },
      ],
      write: ({ key, body, spoil }) => ({
        headers: [
          ['x-bitso-key-id', 'key-1'],
          ['x-bitso-webhook-event-signature', spoil(rsa(key, BITSO_PAYLOAD))],
        ],
        body,
        signed: BITSO_PAYLOAD,
      }),
    }),
  ];
}

const NONCE = 'd1e8e1b2c3d4e5f60718293a4b5c6d7e';
const CIRCLE_KEY = '879dc113-5ca4-4ff7-a6b7-54652083fcf8';
const SERIAL = '5157F09EFDC096DE15EBE81A47057A7232F1B8E1';
const PAYPAL_CERTIFICATE = 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77';
const BITSO_PAYLOAD = Buffer.from('{"fid":"f1","status":"complete","amount":"10.00"}');
const PLAID_HEADER = { alg: 'ES256', kid: 'bfbd5111-8e33-4643-8ced-b2e642a72f3c', typ: 'JWT' };

/** A compact JWS over what Plaid's page names. */
export function jwt(
  given: Pick<Writing, 'key' | 'body' | 'timeText' | 'spoil'> & { header: object },
): string {
  const { key, body, timeText, spoil, header } = given;
  const iat = /^[0-9]+(?:\.[0-9]+)?$/.test(timeText) ? timeText : JSON.stringify(timeText);
  const payload = `{"iat":${iat},"request_body_sha256":"${digest('sha256', body).toString('hex')}"}`;
  const signed = [JSON.stringify(header), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  return `${signed}.${spoil(rawEcdsa(signSha256(path(key), Buffer.from(signed))).toString('base64url'))}`;
}

/** CRC-32 of ISO 3309, bit by bit, in decimal. */
function crc32(bytes: Buffer): string {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return String((crc ^ 0xffffffff) >>> 0);
}

function rsa(key: Key, content: Buffer): string {
  return signSha256(path(key), content).toString('base64');
}

function path(key: Key): string {
  if (typeof key.secret !== 'string') throw new Error('an HMAC key is no key pair');
  return key.secret;
}

interface Given {
  readonly scheme: string;
  readonly source: string;
  readonly keys: Keys;
  readonly header: string;
  readonly write: Model['write'];
  readonly id?: string;
  readonly idEnd?: string;
  readonly timestamp?: string;
  readonly time?: Model['time'];
  readonly body?: string;
  readonly opaque?: boolean;
  /** Whether the body's are among its own. */
  readonly ownTampers?: boolean;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tampers?: readonly Tamper[];
  readonly eventId?: Model['eventId'];
}

function model(given: Given): Model {
  return {
    scheme: given.scheme,
    source: given.source,
    keys: given.keys,
    body: Buffer.from(given.body ?? '{"id":"evt_1","type":"payment.paid","amount":1000}'),
    bodyIsOpaque: given.opaque ?? true,
    bodyIsSigned: true,
    time: given.time ?? null,
    headers: {
      signature: given.header,
      id: given.id ?? null,
      timestamp: given.timestamp ?? null,
      ...(given.idEnd === undefined ? {} : { idEnd: given.idEnd }),
    },
    digits: 'signature',
    url: null,
    target: null,
    parameters: given.parameters ?? {},
    write: given.write,
    eventId: given.eventId ?? (() => null),
    tampers: [...(given.ownTampers === true ? [] : BODY_TAMPERS), ...(given.tampers ?? [])],
  };
}
