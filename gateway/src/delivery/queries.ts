import { z } from 'zod';
import { type DeliveryId, type DestinationId, type EnvironmentId, type EventId, isId } from '#base';
import { eraseRows, erasureOf, statement } from '#store';

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

const countRow = z.object({ count: z.number().int() });

/** Inserts nothing when the name is taken. */
export const insertDestination = statement(
  'delivery.insert_destination',
  `insert into destinations (environment_id, id, name, url, state, sealed_secret, created_at)
   values ($1, $2, $3, $4, 'active', $5, $6)
   on conflict (environment_id, name) do nothing`,
  none,
);

export const countDestinations = statement(
  'delivery.count_destinations',
  `select count(*)::int as count from destinations where environment_id = $1`,
  (row) => countRow.parse(row).count,
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

/**
 * One delivery for each event and destination. Its id has the event's time and a digest of both ids, so that storing
 * the same pair twice is refused by the key. Those of a paused destination wait: only active ones are claimed for.
 */
export const insertDeliveries = statement(
  'delivery.insert',
  `insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at)
   select $1, 'dlv_' || substr(e.id, 5, 10) || substr(encode(sha256(convert_to(e.id || ':' || t.id, 'UTF8')), 'hex'), 1, 16),
     e.id, t.id, 'due', 0, $3, $3, $3
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
 * System role: what is due now (`$1`) for active destinations in any environment that is not frozen, up to `$3` deliveries and up to `$4`
 * under way for each destination, of which `$5` and `$6` say how many are. Passes over what another node is just
 * claiming. Claiming moves `next_attempt_at` to the end of the lease (`$2`).
 *
 * Each destination is asked through the index for its own oldest ones, and in random order: neither a long queue of one
 * that is paused or busy enough, nor many of them, stand in the way of the others.
 */
export const claimDeliveries = statement(
  'delivery.claim',
  `update deliveries d set next_attempt_at = $2
   from (
     select c.environment_id, c.id
     from (
       select t.environment_id, t.id, $4::int - coalesce(b.under_way, 0) as places
       from destinations t left join unnest($5::text[], $6::int[]) as b (id, under_way) on b.id = t.id
       where t.state = 'active' and coalesce(b.under_way, 0) < $4::int
         and not exists (select from frozen_environments f where f.environment_id = t.environment_id)
       order by random()
     ) t
     cross join lateral (
       select environment_id, id from deliveries
       where environment_id = t.environment_id and destination_id = t.id and state = 'due' and next_attempt_at <= $1
       order by next_attempt_at limit t.places for update skip locked
     ) c
     limit $3
   ) due
   where d.environment_id = due.environment_id and d.id = due.id
   returning d.environment_id, d.id, d.event_id, d.destination_id, d.attempts`,
  (row) => claimRow.parse(row),
);

// Made once: making a schema takes a hundred times as long as reading a row with it.
const settledRow = z.object({ id: deliveryColumn });

/**
 * Settles claimed deliveries. One whose lease (`$7`) has passed to another node is left alone, unless it was delivered:
 * that stays true whoever holds it now.
 *
 * The ids stand there twice, and the state is hidden from the planner, so that it has the key's index and no other way: by
 * the index of what is due it read everything due for a destination that hangs, with each settlement.
 */
export const settleDeliveries = statement(
  'delivery.settle',
  `update deliveries d
   set state = s.state, attempts = d.attempts + 1, last_status = coalesce(s.status, d.last_status), last_reason = s.reason,
     next_attempt_at = to_timestamp(s.next_ms / 1000.0), changed_at = $8
   from unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[]) as s (id, state, status, reason, next_ms, lease_ms)
   where d.environment_id = $1 and d.id = any($2::text[]) and d.id = s.id and d.state || '' = 'due'
     and (s.state = 'delivered' or d.next_attempt_at = to_timestamp(s.lease_ms / 1000.0))
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
  `select d.id, d.event_id, d.destination_id, d.state, d.attempts,
     case t.state when 'active' then d.next_attempt_at end as next_attempt_at,
     d.last_status, d.last_reason, d.created_at, d.changed_at
   from deliveries d left join destinations t on t.environment_id = d.environment_id and t.id = d.destination_id
   where d.environment_id = $1 and ($2::text is null or d.id < $2) and ($4::text is null or d.event_id = $4)
     and ($5::text is null or d.destination_id = $5) and ($6::text is null or d.state = $6)
   order by d.id desc limit $3`,
  (row) => deliveryRow.parse(row),
);

const madeRow = z.object({ made: z.boolean() });

export const ensurePartition = statement(
  'delivery.ensure_partition',
  `select ensure_delivery_partition($1, $2, $3, $4) as made`,
  (row) => madeRow.parse(row).made,
);

export const eraseDestinations = statement(
  'delivery.erase_destinations',
  eraseRows('destinations', ['id']),
  none,
);
export const eraseAttempts = statement('delivery.erase_attempts', eraseRows('attempts', ['id']), none);
export const eraseDeliveries = statement('delivery.erase_deliveries', eraseRows('deliveries', ['id']), none);

/** Deletes the destinations and deliveries of an environment that is over. */
export const deliveryErasure = erasureOf({
  destinations: eraseDestinations,
  attempts: eraseAttempts,
  deliveries: eraseDeliveries,
});
