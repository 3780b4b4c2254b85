// What is asked for is within its limits, and says where from. K16.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

const at = (query: string) => ({ path: `/v1/events?${query}` });
const destination = `destination=dst_${'0'.repeat(26)}`;

test('400 for limits, times and ids that are none', async () => {
  for (const value of ['0', '-1', '1.5', 'x', '101'])
    await assertFields(at(`${destination}&limit=${value}`), ['query.limit']);
  for (const value of ['-1', '31', 'x'])
    await assertFields(at(`${destination}&wait=${value}`), ['query.wait']);
  for (const value of ['0', '3601']) await assertFields(at(`${destination}&lease=${value}`), ['query.lease']);
  for (const value of ['cnry', 'bat_1', `dlv_${'0'.repeat(26)}`])
    await assertFields(at(`${destination}&after=${value}`), ['query.after']);
  await assertFields(at('destination=cnry'), ['query.destination']);
});

test('400 for a key that is bound to nothing and names no destination', async () => {
  await assertFields({ path: '/v1/events' }, ['query.destination']);
});
