// A credential is bound to its platform and to a host of the environment's side, and to no other. K3 U4 L1 P2 Q2 Q4; trap
// SSRF.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';

const { admin } = await sharedGateway();
const credential = { apiKey: 'api-key-1', secret: 'secret-of-the-platform' };
const post = (body: object) =>
  admin('POST', '/admin/v1/connections', { name: 'never made', credential, ...body });

test('400 PLATFORM_UNKNOWN for a platform that no file of facts is about', async () => {
  for (const platform of ['constructor', 'Koywe', 'stripe'])
    assertProblem(await post({ platform }), 'PLATFORM_UNKNOWN');
});

test('400 HOST_NOT_ALLOWED for the live host, and for every host that is not the sandbox or declared', async () => {
  for (const baseUrl of [
    'https://api.koywe.com',
    'https://api.koywe.com.',
    'https://evil.test',
    'https://api-sandbox.koywe.com.evil.test',
    'https://api-sandbox.koywe.com/path',
    'https://user@api-sandbox.koywe.com',
    'http://127.0.0.1',
    'https://169.254.169.254',
    'https://localhost',
  ])
    assertProblem(await post({ platform: 'koywe', baseUrl }), 'HOST_NOT_ALLOWED');
});
