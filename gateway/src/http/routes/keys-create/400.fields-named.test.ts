// A key that is not valid is refused with its fields and no value, and nothing is made. K16 U14 K19.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedGateway } from '#test/shared-gateway';
import { assertFields } from '../refusals.fixture.ts';

const { admin } = await sharedGateway();
const post = (body: object) => ({ method: 'POST', path: '/admin/v1/keys', body }) as const;
const good = { kind: 'test', name: 'never made' };
const value = 'cnry-value-that-must-not-come-back';

test('400 INVALID_REQUEST names each field', async () => {
  await assertFields(post([]), ['body']);
  await assertFields(post({}), ['body.kind', 'body.name']);
  await assertFields(post({ ...good, kind: value }), ['body.kind']);
  await assertFields(post({ ...good, name: `<${value}>` }), ['body.name']);
  await assertFields(post({ ...good, name: [value] }), ['body.name']);
  await assertFields(post({ ...good, name: 'a'.repeat(64) }), ['body.name']);
  await assertFields(post({ ...good, scopes: [value] }), ['body.scopes.0']);
  await assertFields(post({ ...good, expiresAt: value }), ['body.expiresAt']);
  await assertFields(post({ ...good, requestsPerMinute: 0 }), ['body.requestsPerMinute']);
  await assertFields(post({ ...good, boundTo: { kind: 'key', id: value } }), ['body.boundTo.kind']);
});

test('400 for a field that a key has not, whoever has it', async () => {
  for (const name of [value, 'constructor', 'id', 'environment'])
    await assertFields(post({ ...good, [name]: 1 }), ['body']);
  assert.ok(!(await admin('GET', '/admin/v1/keys?limit=200')).text.includes('never made'));
});
