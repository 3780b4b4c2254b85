import { z } from 'zod';
import { type DeliveryId, type DestinationId, type EnvironmentId, type EventId, isId } from '#base';
import { statement } from '#store';

const environmentColumn = z.custom<EnvironmentId>((value) => isId('environment', value));
const destinationColumn = z.custom<DestinationId>((value) => isId('destination', value));
const deliveryColumn = z.custom<DeliveryId>((value) => isId('delivery', value));
const eventColumn = z.custom<EventId>((value) => isId('event', value));
const stateColumn = z.enum(['active', 'paused']);
const none = (): null => null;

const destinationRow = z.object({
  id: destinationColumn,
  name: z.string(),
  url: z.string(),
  state: stateColumn,
  sealed_secret: z.instanceof(Uint8Array),
  created_at: z.date(),
});
export type DestinationRow = z.output<typeof destinationRow>;

const DESTINATION_COLUMNS = 'id, name, url, state, sealed_secret, created_at';

export const insertDestination = statement(
  'delivery.insert_destination',
  `insert into destinations (environment_id, id, name, url, state, sealed_secret, created_at)
   values ($1, $2, $3, $4, 'active', $5, $6)`,
  none,
);

export const selectDestination = statement(
  'delivery.select_destination',
  `select ${DESTINATION_COLUMNS} from destinations where environment_id = $1 and id = $2`,
  (row) => destinationRow.parse(row),
);

export const selectDestinations = statement(
  'delivery.select_destinations',
  `select ${DESTINATION_COLUMNS} from destinations
   where environment_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
  (row) => destinationRow.parse(row),
);

export const updateDestinationUrl = statement(
  'delivery.update_destination_url',
  `update destinations set url = $3 where environment_id = $1 and id = $2`,
  none,
);

export const updateDestinationState = statement(
  'delivery.update_destination_state',
  `update destinations set state = $3 where environment_id = $1 and id = $2 and state <> $3`,
  none,
);

/** Pausing: what is due waits without end. */
export const holdDeliveries = statement(
  'delivery.hold',
  `update deliveries set next_attempt_at = 'infinity', changed_at = $3
   where environment_id = $1 and destination_id = $2 and state = 'due'`,
  none,
);

/** Resuming: what waited is due now. */
export const releaseDeliveries = statement(
  'delivery.release',
  `update deliveries set next_attempt_at = $3, changed_at = $3
   where environment_id = $1 and destination_id = $2 and state = 'due' and next_attempt_at = 'infinity'`,
  none,
);

/**
 * One delivery for each event and destination. Its id has the event's time and a digest of both ids, so that storing
 * the same pair twice is refused by the key.
 */
export const insertDeliveries = statement(
  'delivery.insert',
  `insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at)
   select $1, 'dlv_' || substr(e.id, 5, 10) || substr(encode(sha256(convert_to(e.id || ':' || t.id, 'UTF8')), 'hex'), 1, 16),
     e.id, t.id, 'due', 0, case t.state when 'active' then $3::timestamptz else 'infinity' end, $3, $3
   from unnest($2::text[]) as e (id) cross join destinations t where t.environment_id = $1`,
  none,
);

export const insertReplay = statement(
  'delivery.insert_replay',
  `insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at)
   values ($1, $2, $3, $4, 'due', 0, $5, $5, $5)`,
  none,
);

export const selectActiveDestinations = statement(
  'delivery.select_active_destinations',
  `select ${DESTINATION_COLUMNS} from destinations where environment_id = $1 and state = 'active' order by id`,
  (row) => destinationRow.parse(row),
);

const claimRow = z.object({
  environment_id: environmentColumn,
  id: deliveryColumn,
  event_id: eventColumn,
  destination_id: destinationColumn,
  attempts: z.number().int(),
});
export type ClaimRow = z.output<typeof claimRow>;

/**
 * System role: what is due in any environment, oldest first, passing over what another node is just claiming and the
 * destinations that are busy enough. Claiming moves `next_attempt_at` to the end of the lease.
 */
export const claimDeliveries = statement(
  'delivery.claim',
  `update deliveries d set next_attempt_at = $2
   from (
     select environment_id, id from deliveries
     where state = 'due' and next_attempt_at <= $1 and destination_id <> all($4::text[])
     order by next_attempt_at limit $3 for update skip locked
   ) due
   where d.environment_id = due.environment_id and d.id = due.id
   returning d.environment_id, d.id, d.event_id, d.destination_id, d.attempts`,
  (row) => claimRow.parse(row),
);

const nextDueRow = z.object({ next: z.date().nullable() });

/** System role: when the next delivery is due. */
export const selectNextDue = statement(
  'delivery.select_next_due',
  `select min(next_attempt_at) as next from deliveries where state = 'due' and next_attempt_at < 'infinity'`,
  (row) => nextDueRow.parse(row).next,
);

// Made once: making a schema takes a hundred times as long as reading a row with it.
const settledRow = z.object({ id: deliveryColumn });

/** Settles claimed deliveries; one whose lease has passed to another node (`$7`) is left alone. */
export const settleDeliveries = statement(
  'delivery.settle',
  `update deliveries d
   set state = s.state, attempts = d.attempts + s.tried, last_status = coalesce(s.status, d.last_status),
     last_reason = case when s.tried = 1 then s.reason else d.last_reason end,
     next_attempt_at = case when s.state <> 'due' then null when s.next_ms is null then 'infinity' else to_timestamp(s.next_ms / 1000.0) end,
     changed_at = $9
   from unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::int[]) as s (id, state, status, reason, next_ms, lease_ms, tried)
   where d.environment_id = $1 and d.id = s.id and d.state = 'due' and d.next_attempt_at = to_timestamp(s.lease_ms / 1000.0)
   returning d.id`,
  (row) => settledRow.parse(row).id,
);

export const insertAttempts = statement(
  'delivery.insert_attempts',
  `insert into attempts (environment_id, id, delivery_id, number, started_at, duration_ms, status, reason, address)
   select $1, id, delivery_id, number, to_timestamp(started_ms / 1000.0), duration_ms, status, reason, address
   from unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::int[], $7::int[], $8::text[], $9::text[])
     as t (id, delivery_id, number, started_ms, duration_ms, status, reason, address)`,
  none,
);

const deliveryRow = z.object({
  id: deliveryColumn,
  event_id: eventColumn,
  destination_id: destinationColumn,
  state: z.enum(['due', 'delivered', 'dead']),
  attempts: z.number().int(),
  next_attempt_at: z.date().nullable(),
  last_status: z.number().int().nullable(),
  last_reason: z.string().nullable(),
  created_at: z.date(),
  changed_at: z.date(),
});
export type DeliveryRow = z.output<typeof deliveryRow>;

export const selectDeliveries = statement(
  'delivery.select_page',
  `select id, event_id, destination_id, state, attempts, nullif(next_attempt_at, 'infinity') as next_attempt_at,
     last_status, last_reason, created_at, changed_at
   from deliveries
   where environment_id = $1 and ($2::text is null or id < $2) and ($4::text is null or event_id = $4)
     and ($5::text is null or destination_id = $5) and ($6::text is null or state = $6)
   order by id desc limit $3`,
  (row) => deliveryRow.parse(row),
);

export const ensurePartition = statement(
  'delivery.ensure_partition',
  `select ensure_delivery_partition($1, $2, $3, $4) as made`,
  (row) => z.object({ made: z.boolean() }).parse(row).made,
);
