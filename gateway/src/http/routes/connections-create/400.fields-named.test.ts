// A connection that is not valid is refused with its fields and no value. K16 U14 K19; trap "Findings that print the secret".
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

const post = (body: object) => ({ method: 'POST', path: '/admin/v1/connections', body }) as const;
const good = {
  platform: 'koywe',
  name: 'never made',
  credential: { apiKey: 'api-key-1', secret: 'secret-of-the-platform' },
};
const value = 'cnry-value-that-must-not-come-back';

test('400 INVALID_REQUEST names each field, and no name that the sender made up', async () => {
  await assertFields(post({}), ['body.platform', 'body.name', 'body.credential']);
  await assertFields(post({ ...good, credential: { [value]: 'x' } }), ['body.credential']);
  await assertFields(post({ ...good, credential: { apiKey: { a: value } } }), ['body.credential.apiKey']);
  await assertFields(post({ ...good, name: `<${value}>` }), ['body.name']);
  await assertFields(post({ ...good, requestChecks: value }), ['body.requestChecks']);
  await assertFields(post({ ...good, [value]: 1 }), ['body']);
});
