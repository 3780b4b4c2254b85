import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isMac } from '../src/algorithms.ts';
import {
  parseSecret,
  parseSigningSecret,
  SCHEMES,
  type Scheme,
  type SchemeName,
  type SchemeSecret,
  sign,
  type VerifyInput,
} from '../src/index.ts';

export const nowMs = 1_750_000_000_000;

/** A message that a scheme can sign, and what else there has to be known of it. */
export interface Sample {
  readonly body: Uint8Array;
  readonly id: string;
  readonly url: string;
  readonly target: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** For tests: a body as the platform sends it, where anything else would not do. */
export function sampleOf({ name }: Scheme): Sample {
  return {
    body: Buffer.from(BODIES[name] ?? '{"id":"evt_1","type":"order.paid","amount":1000}'),
    id: 'msg_1',
    url: 'https://app.example.test/hooks/1',
    target: '/in/1?data.id=PAY1&type=payment',
    parameters: {
      mode: 'live',
      keyId: 'key-1',
      webhookId: 'WH-1',
      accessKey: 'access-1',
      publicKey: 'public-1',
    },
  };
}

const BODIES: Readonly<Partial<Record<Scheme['name'], string>>> = {
  adyen:
    '{"live":"false","notificationItems":[{"NotificationRequestItem":{"pspReference":"7914073381342284",' +
    '"merchantAccountCode":"Shop","merchantReference":"order:1","amount":{"value":1130,"currency":"EUR"},' +
    '"eventCode":"AUTHORISATION","success":"true","additionalData":{"card":"1111"}}}]}',
  bitso: '{"event":"funding","payload":{"amount":"1.0","id":"p1"}}',
  braintree: '<notification><kind>subscription_canceled</kind></notification>',
  'koywe-ramp': '{"eventName":"crypto_delivered","orderId":"o1","timeStamp":1750000000}',
  'payos-vn': '{"code":"00","data":{"orderCode":123,"amount":3000,"description":"VQRIO123"}}',
  nowpayments: '{"payment_status":"finished","fee":{"currency":"btc","depositFee":0.1},"payment_id":5}',
  paymongo: '{"data":{"id":"evt_1","attributes":{"type":"payment.paid"}}}',
};

/** For tests: what verifies and what signs, of any scheme. */
export interface KeyPair {
  readonly verifying: SchemeSecret;
  readonly signing: Uint8Array;
}

export function keyPair(scheme: Scheme, id = 'current'): KeyPair {
  if (!isMac(scheme.algorithm)) {
    const { publicKey, privateKey } = pairOf(scheme.algorithm, id);
    const verifying = { id, bytes: parseSecret(scheme, pem(publicKey, 'spki')) };
    return { verifying, signing: parseSigningSecret(scheme, pem(privateKey, 'pkcs8')) };
  }
  const bytes = parseSecret(scheme, secretText(scheme, id));
  return { verifying: { id, bytes }, signing: bytes };
}

/** For tests: a secret as its platform shows it, another for each id. */
export function secretText({ secret }: Scheme, id = 'current'): string {
  const bytes = Buffer.from(`${id}-`.padEnd(32, 'x'));
  if (secret === 'whsec-base64') return `whsec_${bytes.toString('base64')}`;
  if (secret === 'hex' || secret === 'base64') return bytes.toString(secret);
  return bytes.toString('utf8');
}

/** For tests: a message signed by the first of the keys, as `verify` takes it. */
export function signedInput(name: SchemeName, changes: Partial<Sample> = {}, id = 'current'): VerifyInput {
  const scheme = SCHEMES[name];
  const sample = { ...sampleOf(scheme), ...changes };
  const { verifying, signing } = keyPair(scheme, id);
  const { headers, body } = sign({ scheme: name, secrets: [signing], nowMs, ...sample });
  const { url, target, parameters } = sample;
  return {
    scheme: name,
    secrets: [verifying],
    rawHeaders: headers.flat(),
    body,
    nowMs,
    url,
    target,
    parameters,
  };
}

/** For tests: the same headers with another value for one of them. */
export function withHeader(rawHeaders: readonly string[], name: string, value: string): string[] {
  return rawHeaders.map((text, index) => (rawHeaders[index - 1] === name && index % 2 === 1 ? value : text));
}

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const pairs = new Map<string, Pair>();

/** Made once for a process: RSA keys take their time. */
function pairOf(algorithm: Scheme['algorithm'], id: string): Pair {
  const kind = algorithm === 'rsa-sha256' ? 'rsa' : algorithm === 'ed25519' ? 'ed25519' : 'ec';
  const known = pairs.get(`${kind} ${id}`);
  if (known !== undefined) return known;
  const made =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        : generateKeyPairSync('ed25519');
  pairs.set(`${kind} ${id}`, made);
  return made;
}

function pem(key: KeyObject, type: 'spki' | 'pkcs8'): string {
  return key.export(type === 'spki' ? { type, format: 'pem' } : { type, format: 'pem' }).toString();
}
