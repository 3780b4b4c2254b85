// Every field that can't be used is named, and what it held does not come back. K16 U14.
import { test } from 'node:test';
import { assertFields } from '../refusals.fixture.ts';

const good = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
const replay = (body: object) => ({ method: 'POST', path: '/admin/v1/replays/try', body }) as const;

test('400 names a moment that is none, a window that ends before it begins, and what is unknown', async () => {
  await assertFields(replay({}), ['body.from', 'body.to']);
  await assertFields(replay({ ...good, from: 'cnry' }), ['body.from']);
  await assertFields(replay({ ...good, to: good.from }), ['body.to']);
  await assertFields(replay({ ...good, destination: 'cnry' }), ['body.destination']);
  await assertFields(replay({ ...good, only: 'cnry' }), ['body.only']);
  await assertFields(replay({ ...good, more: 1 }), ['body']);
});
