import { z } from 'zod';
import { type DeliveryId, type DestinationId, type EventId, isId } from '#base';
import { statement } from '#store';

const destinationColumn = z.custom<DestinationId>((value) => isId('destination', value));
const deliveryColumn = z.custom<DeliveryId>((value) => isId('delivery', value));
const eventColumn = z.custom<EventId>((value) => isId('event', value));
const none = (): null => null;

// Made once: making a schema takes a hundred times as long as reading a row with it.
const kindRow = z.object({ kind: z.enum(['push', 'pull']), state: z.string() });

export const selectPullKind = statement(
  'delivery.select_pull_kind',
  `select kind, state from destinations where environment_id = $1 and id = $2`,
  (row) => kindRow.parse(row),
);

const pulledRow = z.object({
  id: deliveryColumn,
  event_id: eventColumn,
  attempts: z.number().int(),
  due_at: z.date(),
});
export type PulledRow = z.output<typeof pulledRow>;

/**
 * Gives up to `$4` deliveries of a destination that are due now (`$3`) to one batch (`$6`), until its lease ends (`$5`); those
 * that have been due longest first. Passes over what another pull is just given.
 */
export const pullDeliveries = statement(
  'delivery.pull',
  `with due as (
     select id, next_attempt_at as due_at from deliveries
     where environment_id = $1 and destination_id = $2 and state = 'due' and next_attempt_at <= $3
     order by next_attempt_at, id limit $4 for update skip locked
   )
   update deliveries d set next_attempt_at = $5, batch = $6, attempts = d.attempts + 1, changed_at = $3
   from due where d.environment_id = $1 and d.id = due.id
   returning d.id, d.event_id, d.attempts, due.due_at`,
  (row) => pulledRow.parse(row),
);

/** Takes back what a batch (`$3`) was given and its answer has no room for: as if it had not been given. */
export const returnPulled = statement(
  'delivery.return_pulled',
  `update deliveries set next_attempt_at = $4, batch = null, attempts = attempts - 1
   where environment_id = $1 and id = any($2::text[]) and state = 'due' and batch = $3`,
  none,
);

const endedRow = z.object({
  id: deliveryColumn,
  event_id: eventColumn,
  attempts: z.number().int(),
  pulled_at: z.date(),
});
export type EndedRow = z.output<typeof endedRow>;

/** Ends those of the deliveries named that were pulled and are not over: `delivered` or `dead` (`$4`), with a reason (`$5`). */
export const endPulled = statement(
  'delivery.end_pulled',
  ended(`id = any($6::text[]) and attempts > 0`),
  (row) => endedRow.parse(row),
);

/** The same for all that a batch (`$7`) still has, found by the end of its lease (`$6`). */
export const endBatch = statement('delivery.end_batch', ended(`next_attempt_at = $6 and batch = $7`), (row) =>
  endedRow.parse(row),
);

/** Locked in the order of ids, so that two acknowledgements of the same can't wait for each other. */
function ended(which: string): string {
  return `with named as (
     select id, changed_at as pulled_at from deliveries
     where environment_id = $1 and destination_id = $2 and state = 'due' and ${which}
     order by id for update
   )
   update deliveries d set state = $4, next_attempt_at = null, batch = null, last_reason = $5, changed_at = $3
   from named where d.environment_id = $1 and d.id = named.id
   returning d.id, d.event_id, d.attempts, named.pulled_at`;
}

/** What was pulled and has ended, as the attempts that these were. */
export const insertPulls = statement(
  'delivery.insert_pulls',
  `insert into attempts (environment_id, id, delivery_id, number, started_at, duration_ms, reason, address)
   select $1, id, delivery_id, number, to_timestamp(started_ms / 1000.0), duration_ms, $7, $8
   from unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::int[]) as t (id, delivery_id, number, started_ms, duration_ms)`,
  none,
);

const dueRow = z.object({ id: destinationColumn, due: z.number().int() });

/** Counted up to here for each destination: enough to wake so many pulls at once. */
export const COUNTED_DUE_MAX = 64;

/**
 * System role: at which of the destinations that pulls wait at (`$2`, `$3`) something is due now (`$1`), counted up to
 * {@link COUNTED_DUE_MAX}. The limit is no parameter: not knowing it, the planner reads the whole queue (200 ms of 500,000, else 0.1).
 */
export const selectDueForPulls = statement(
  'delivery.due_for_pulls',
  `select t.id, (
       select count(*)::int from (
         select from deliveries d
         where d.environment_id = t.environment_id and d.destination_id = t.id and d.state = 'due' and d.next_attempt_at <= $1
         order by d.next_attempt_at limit ${COUNTED_DUE_MAX}
       ) due
     ) as due
   from unnest($2::text[], $3::text[]) as w (environment_id, id)
   join destinations t on t.environment_id = w.environment_id and t.id = w.id and t.kind = 'pull' and t.state = 'active'
   where not exists (select from frozen_environments f where f.environment_id = t.environment_id)`,
  (row) => dueRow.parse(row),
);
