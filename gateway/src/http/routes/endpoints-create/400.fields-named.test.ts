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
  await assertFields(post({}), ['body.platform', 'body.name']);
  await assertFields(post({ platform: 'koywe', name: 'never made' }), ['body.secret']);
  for (const secret of ['', 'short', 'a'.repeat(15), 'a'.repeat(1_025)])
    await assertFields(post({ ...good, secret }), ['body.secret']);
  await assertFields(post({ ...good, name: '<cnry>' }), ['body.name']);
  await assertFields(post({ ...good, cnry: 1 }), ['body']);
  await assertFields(post({ ...good, eventTypes: ['*.cnry'] }), ['body.eventTypes.0']);
  await assertFields(post({ ...good, schemas: { 'order.*': { $ref: 'https://elsewhere.test' } } }), [
    'body.schemas.order.*',
  ]);
  await assertFields(post({ ...good, expectations: [{ path: ['a'] }] }), ['body.expectations.0']);
  await assertFields(post({ ...good, keepHeaders: ['Authorization'] }), ['body.keepHeaders.0']);
  await assertFields(post({ ...good, bodyBytesMax: 999_999_999 }), ['body.bodyBytesMax']);
  await assertFields(post({ ...good, url: 'http://plain.test' }), ['body.url']);
  const connection = `con_${'0'.repeat(26)}`;
  for (const path of ['/nothing', 'x/{id}', '/{id', '/{a b}', '/{__proto__}/{'])
    await assertFields(post({ ...good, confirm: { connection, path } }), ['body.confirm.path']);
});

test('400 PLATFORM_UNKNOWN for a platform that no file of facts is about', async () => {
  for (const platform of ['constructor', 'Koywe'])
    assertProblem(await admin('POST', '/admin/v1/endpoints', { ...good, platform }), 'PLATFORM_UNKNOWN');
});
