// What could not be repeated safely, or says no type to filter by, is refused before anything is stored. P12 K16.
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { sharedGateway } from '#test/shared-gateway';
import { assertFields } from '../refusals.fixture.ts';

const { call, testKey: key } = await sharedGateway();
const send = { method: 'POST', path: '/v1/events' } as const;
const headers = { 'content-type': 'application/json', 'idempotency-key': 'request-of-november' };

test('400 without an Idempotency-Key, or with one that is none', async () => {
  await assertFields({ ...send, body: { type: 'a' } }, ['header.idempotency-key']);
  for (const bad of ['short', 'with a space', 'x'.repeat(201)])
    await assertFields({ ...send, body: '{"type":"a"}', headers: { ...headers, 'idempotency-key': bad } }, [
      'header.idempotency-key',
    ]);
});

test('400 for a type that is missing, or none', async () => {
  for (const type of [undefined, '', 1, null, 'two words', 'cnry\n', 'x'.repeat(101)])
    await assertFields({ ...send, body: JSON.stringify({ type }), headers }, ['body.type']);
});

test('400 for JSON that two readers read differently', async () => {
  const body = '{"type":"a","type":"b"}';
  assertProblem(await call({ ...send, key, body, headers }), 'MALFORMED_BODY');
});
