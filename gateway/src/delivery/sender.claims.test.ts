// Who waits for the disk: what became of a delivery always, a claim only where another could be hurt by its being forgotten. A claim that
// a dying Postgres forgets is a delivery that is due again, as after its lease. Invariant 3; U11.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { asOwner, until, withReceiver, withRooms } from './delivery.fixture.ts';
import type { DestinationFields } from './destination-fields.ts';

/** Three events sent to a destination; for each change of a delivery, whether its commit waited for the disk. */
async function sent(t: TestContext, fields: DestinationFields, isFailing = false) {
  const rooms = await withRooms(t);
  const receiver = await withReceiver(t);
  await asOwner(
    rooms,
    `create table witnessed (claims boolean, waits text);
     create function witness() returns trigger language plpgsql security definer as $$ begin
       insert into sallyport.witnessed values (new.next_attempt_at is not null and new.attempts = 0, current_setting('synchronous_commit'));
       return null;
     end $$;
     create constraint trigger witness after update on deliveries deferrable initially deferred
       for each row when (old.state = 'due') execute function witness()`,
  );
  await rooms.destination(receiver.url, 'one', fields);
  for (let count = 0; count < 3; count += 1) await rooms.receive();
  if (isFailing)
    await asOwner(
      rooms,
      `update destinations set state = 'failing', paused_reason = 'answered 503', paused_at = now(), failing_since = now(), probe_at = now()`,
    );
  rooms.delivery.start();
  await until(async () => (await rooms.deliveries()).every(({ state }) => state === 'delivered'));
  const rows = await asOwner(rooms, 'select claims, waits from witnessed');
  const of = (isClaim: boolean) => rows.filter(({ claims }) => claims === isClaim).map(({ waits }) => waits);
  return { claims: of(true), outcomes: of(false) };
}

test('a claim does not wait for the disk, and what became of a delivery does', async (t) => {
  const { claims, outcomes } = await sent(t, {});
  assert.deepEqual(claims, ['off', 'off', 'off']);
  assert.deepEqual(outcomes, ['on', 'on', 'on']);
});

test('a claim of one that others of its order wait for is on disk before it is sent: a forgotten one would come again behind them', async (t) => {
  const { claims, outcomes } = await sent(t, { orderBy: { path: ['type'] } });
  assert.deepEqual(claims, ['on', 'on', 'on']);
  assert.deepEqual(outcomes, ['on', 'on', 'on']);
});

test('so is the claim of the one that tries whether a destination works again', async (t) => {
  const { claims } = await sent(t, {}, true);
  assert.deepEqual(claims, ['on', 'off', 'off']);
});
