import { createHash } from 'node:crypto';
import { record } from '../../packages/schemes/test/vector-file.ts';
import { load } from '../foreign.ts';
import { type Adapter, unlessThrown } from './adapter.ts';

/** Packages for schemes with a key pair. */
export const keys: readonly Adapter[] = [
  {
    scheme: 'wechat-pay',
    package: 'wechatpay-node-v3',
    calls: 'verifySign',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const serial = headers['wechatpay-serial'] ?? '';
        const module = (await load('wechatpay-node-v3')).get('default');
        Reflect.set(Object(module.value), 'certificates', { [serial]: secret });
        const pay = module.construct({
          appid: 'unused',
          mchid: 'unused',
          publicKey: 'unused',
          privateKey: 'unused',
          serial_no: 'unused',
        });
        const { value } = await pay.call('verifySign', {
          timestamp: headers['wechatpay-timestamp'],
          nonce: headers['wechatpay-nonce'],
          body: body.toString(),
          serial,
          signature: headers['wechatpay-signature'],
        });
        if (value !== true) throw new Error('refused');
      }),
    sign: null,
  },
  {
    // Plaid's page has its reader verify with `jose`; the package of the platform has no verifier.
    scheme: 'plaid',
    package: 'jose',
    calls: 'jwtVerify',
    verify: ({ secret, headers, body }) =>
      unlessThrown(async () => {
        const jose = await load('jose');
        const key = await jose.call('importSPKI', secret, 'ES256');
        const options = { algorithms: ['ES256'], maxTokenAge: '5 min' };
        const { value } = await jose.call('jwtVerify', headers['plaid-verification'], key.value, options);
        const wanted = createHash('sha256').update(body).digest('hex');
        const payload = record(record(value)['payload']);
        if (payload['request_body_sha256'] !== wanted) throw new Error('refused');
      }),
    sign: null,
  },
];
