// What is not the id of an event is a wrong field of the path, and reaches no query. What belongs in no query or body is
// refused. K16 U14.
import { test } from 'node:test';
import { anEvent } from '../objects.fixture.ts';
import { assertFields, assertIdChecked } from '../refusals.fixture.ts';

test('400 for what is no id, and the text does not come back', async () => {
  await assertIdChecked(
    (id) => ({ method: 'POST', path: `/admin/v1/events/${id}/replay`, body: {} }),
    'event',
  );
});

test('400 names the destination that is none', async () => {
  const { id } = await anEvent();
  const replay = (body: object) => ({ method: 'POST', path: `/admin/v1/events/${id}/replay`, body }) as const;
  await assertFields(replay({ destination: 'cnry' }), ['body.destination']);
  await assertFields(replay({ to: 'all' }), ['body']);
});
