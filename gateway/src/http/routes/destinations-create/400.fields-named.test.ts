// A destination is an https address with neither a credential nor a fragment; everything else is refused with its field. K8
// K16 U14; trap SSRF.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

const post = (body: object) => ({ method: 'POST', path: '/admin/v1/destinations', body }) as const;
const value = 'cnry-value-that-must-not-come-back';

test('400 INVALID_REQUEST names each field', async () => {
  await assertFields(post({}), ['body.name']);
  await assertFields(post({ name: 'never made' }), ['body.url']);
  await assertFields(post({ name: 'never made', kind: 'pull', orderBy: 'all' }), ['body.orderBy']);
  await assertFields(post({ name: 'never made', url: 'https://app.test', signature: 'platform' }), [
    'body.signature',
  ]);
  const filter = { conditions: [{ path: ['a'], op: 'matches', value }] };
  await assertFields(post({ name: 'never made', url: 'https://app.test', filter }), [
    'body.filter.conditions.0.op',
  ]);
  await assertFields(post({ name: `<${value}>`, url: 'https://app.test' }), ['body.name']);
  await assertFields(post({ name: 'never made', url: 'https://app.test', [value]: 1 }), ['body']);
});

test('400 for an address that no delivery should go to', async () => {
  for (const url of [
    value,
    'http://app.test/x',
    `https://${value}@app.test/x`,
    `https://user:${value}@app.test/x`,
    `https://app.test/x#${value}`,
    'https://app.test./x',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ])
    await assertFields(post({ name: 'never made', url }), ['body.url']);
});
