// An endpoint is refused with its fields and no value, above all one whose secret anybody could guess. K7 K16 U14;
// CVE-2026-41432.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { assertFields } from '../refusals.fixture.ts';

const { admin } = await sharedGateway();
const post = (body: object) => ({ method: 'POST', path: '/admin/v1/endpoints', body }) as const;
const good = { platform: 'koywe', name: 'never made', secret: 'secret-of-the-endpoint-0123456789' };

test('400 INVALID_REQUEST names each field', async () => {
  await assertFields(post({}), ['body.platform', 'body.name', 'body.secret']);
  for (const secret of ['', 'short', 'a'.repeat(15), 'a'.repeat(513)])
    await assertFields(post({ ...good, secret }), ['body.secret']);
  await assertFields(post({ ...good, name: '<cnry>' }), ['body.name']);
  await assertFields(post({ ...good, cnry: 1 }), ['body']);
});

test('400 PLATFORM_UNKNOWN for a platform that no file of facts is about', async () => {
  for (const platform of ['constructor', 'Koywe'])
    assertProblem(await admin('POST', '/admin/v1/endpoints', { ...good, platform }), 'PLATFORM_UNKNOWN');
});
