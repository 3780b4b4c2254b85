// An acknowledgement says of what and where, and no more at once than can be pulled at once. K16.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

const destination = `?destination=dst_${'0'.repeat(26)}`;
const acknowledge = (body: object, query = destination) =>
  ({ method: 'POST', path: `/v1/events/acknowledge${query}`, body }) as const;
const delivery = `dlv_${'0'.repeat(26)}`;

test('400 with the fields', async () => {
  await assertFields(acknowledge({}), ['body']);
  await assertFields(acknowledge({ deliveries: [] }), ['body']);
  await assertFields(acknowledge({ deliveries: ['cnry'] }), ['body.deliveries.0']);
  await assertFields(acknowledge({ deliveries: Array(101).fill(delivery) }), ['body.deliveries']);
  await assertFields(acknowledge({ batch: 'cnry' }), ['body.batch']);
  await assertFields(acknowledge({ deliveries: [delivery] }, '?destination=cnry'), ['query.destination']);
  await assertFields(acknowledge({ deliveries: [delivery] }, ''), ['query.destination']);
});
