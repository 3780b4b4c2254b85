import { z } from 'zod';
import {
  type DeliveryId,
  type DestinationId,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  isId,
} from '#base';
import { eraseRows, erasureOf, statement } from '#store';
import { eraseDestinationSecrets, eraseDestinations } from './destination-queries.ts';
import { conditionsShape, orderByShape } from './filter.ts';
import { eraseReplays } from './replay-queries.ts';

const environmentColumn = z.custom<EnvironmentId>((value) => isId('environment', value));
const destinationColumn = z.custom<DestinationId>((value) => isId('destination', value));
const deliveryColumn = z.custom<DeliveryId>((value) => isId('delivery', value));
const eventColumn = z.custom<EventId>((value) => isId('event', value));
const endpointColumn = z.custom<EndpointId>((value) => isId('endpoint', value));
const none = (): null => null;

const lookingRow = z.object({
  id: destinationColumn,
  platforms: z.array(z.string()).nullable(),
  types: z.array(z.string()).nullable(),
  endpoints: z.array(endpointColumn).nullable(),
  conditions: conditionsShape.nullable(),
  order_by: orderByShape.nullable(),
});
const fannedRow = z.object({ made: z.number().int(), looking: lookingRow.nullable() });

/** The id of the delivery of an event to a destination: the event's time and a digest of both ids. */
const idOf = (event: string, destination: string): string =>
  `'dlv_' || substr(${event}, 5, 10) || substr(encode(sha256(convert_to(${event} || ':' || ${destination}, 'UTF8')), 'hex'), 1, 16)`;

/**
 * One delivery for each event and each destination that takes it, as far as columns tell. Its id has a digest of both ids,
 * so that storing the same pair twice is refused by the key. Those of a paused destination wait: only active ones are
 * claimed for. Gives how many were made, and the destinations that look into bodies or keep an order, for which none were.
 */
export const insertDeliveries = statement(
  'delivery.insert',
  `with made as (
     insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at)
     select $1, ${idOf('e.id', 't.id')}, e.id, t.id, 'due', 0, $3, $3, $3
     from unnest($2::text[], $4::text[], $5::text[], $6::text[]) as e (id, platform, type, endpoint)
     join destinations t on t.environment_id = $1 and t.conditions is null and t.order_by is null
       and (t.platforms is null or e.platform = any (t.platforms))
       and (t.endpoints is null or e.endpoint = any (t.endpoints))
       and (t.types is null or exists (
         select from unnest(t.types) as p where p = e.type or (right(p, 2) = '.*' and starts_with(e.type, left(p, -1)))))
     returning 1
   )
   select m.made, case when t.id is not null then jsonb_build_object('id', t.id, 'platforms', t.platforms, 'types', t.types,
     'endpoints', t.endpoints, 'conditions', t.conditions, 'order_by', t.order_by) end as looking
   from (select count(*)::int as made from made) m
   left join destinations t on t.environment_id = $1 and (t.conditions is not null or t.order_by is not null)
   where m.made > 0 or t.id is not null`,
  (row) => fannedRow.parse(row),
);

/** Takes, in one order everywhere, the locks under which the order of these destinations changes; until the transaction ends. */
export const lockOrders = statement(
  'delivery.lock_orders',
  `select pg_advisory_xact_lock(hashtextextended('sallyport:deliveries.order:' || id, 0))
   from (select id from unnest($1::text[]) as id order by id) t`,
  none,
);

/**
 * Deliveries that were chosen elsewhere, in their order; ids that are null are made as above. One with a key waits when
 * another with that key is not over. Whoever brings keys holds the lock.
 */
export const insertChosenDeliveries = statement(
  'delivery.insert_chosen',
  `insert into deliveries (environment_id, id, event_id, destination_id, state, attempts, next_attempt_at, created_at, changed_at, order_key, order_number)
   select $1, coalesce(c.id, ${idOf('c.event_id', 'c.destination_id')}), c.event_id, c.destination_id,
     case when c.waits then 'waiting' else 'due' end, 0, case when c.waits then null else $6::timestamptz end, $6, $6, c.order_key,
     case when c.order_key is not null then nextval('delivery_order_numbers') end
   from (
     select n.*, n.order_key is not null and (
       row_number() over (partition by n.destination_id, n.order_key order by n.place) > 1
       -- By its order, so that one entry of the index is read and not the whole queue.
       or coalesce((select true from deliveries w where w.environment_id = $1 and w.destination_id = n.destination_id
         and w.order_key = n.order_key and w.state in ('due', 'waiting') order by w.order_number limit 1), false)) as waits
     from unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) with ordinality as n (id, event_id, destination_id, order_key, place)
     order by n.place
   ) c
   order by c.place`,
  none,
);

const claimRow = z.object({
  environment_id: environmentColumn,
  id: deliveryColumn,
  event_id: eventColumn,
  destination_id: destinationColumn,
  attempts: z.number().int(),
  order_key: z.instanceof(Uint8Array).nullable(),
  concurrency: z.number().int().nullable(),
  rate_per_second: z.number().int().nullable(),
  is_probe: z.boolean(),
  was: z.date(),
});
export type ClaimRow = z.output<typeof claimRow>;

/**
 * System role: what is due now (`$1`) for destinations in any environment that is not frozen, up to `$3` deliveries. Each
 * destination gets up to `$4` under way, or what it allows if that is less; of those named in `$5`, `$6` are under way and
 * `$7` more may begin by their rates. Where `$8` is no null, it names those that are asked. `$9` has the times before which nothing of a
 * destination is due, by its id: an object, since there may be many, and looking one up doesn't read all. One that is paused by
 * itself gets a single one, to try it, when its time has come.
 * Passes over what another node is just claiming. Claiming moves `next_attempt_at` to the end of the lease (`$2`), and gives what it `was`.
 *
 * Each destination is asked through the index for its own oldest ones, and in random order: neither a long queue of one
 * that is paused or busy enough, nor many of them, stand in the way of the others.
 */
export const claimDeliveries = statement(
  'delivery.claim',
  `update deliveries d set next_attempt_at = $2
   from (
     select c.environment_id, c.id, c.next_attempt_at as was, t.concurrency, t.rate_per_second, t.is_probe
     from (
       select t.environment_id, t.id, t.concurrency, t.rate_per_second, t.state = 'failing' as is_probe,
         least(least($4::int, case t.state when 'failing' then 1 else t.concurrency end) - coalesce(b.under_way, 0),
           coalesce(b.allowed, t.rate_per_second)) as places,
         coalesce(($9::jsonb ->> t.id)::timestamptz, '-infinity') as since
       from destinations t left join unnest($5::text[], $6::int[], $7::int[]) as b (id, under_way, allowed) on b.id = t.id
       where t.kind = 'push' and (t.state = 'active' or (t.state = 'failing' and t.probe_at <= $1))
         and ($8::text[] is null or t.id = any($8))
         and not exists (select from frozen_environments f where f.environment_id = t.environment_id)
       order by random()
     ) t
     cross join lateral (
       select environment_id, id, next_attempt_at from deliveries
       where environment_id = t.environment_id and destination_id = t.id and state = 'due'
         and next_attempt_at >= t.since and next_attempt_at <= $1
       order by next_attempt_at limit t.places for update skip locked
     ) c
     where t.places > 0
     limit $3
   ) due
   where d.environment_id = due.environment_id and d.id = due.id
   returning d.environment_id, d.id, d.event_id, d.destination_id, d.attempts, d.order_key, due.concurrency, due.rate_per_second, due.is_probe, due.was`,
  (row) => claimRow.parse(row),
);

/**
 * What this transaction changes may be forgotten with a Postgres that dies within its next half a second; the commit does not wait for
 * its disk (https://www.postgresql.org/docs/18/wal-async-commit.html).
 */
export const mayBeForgotten = statement(
  'delivery.may_be_forgotten',
  `select set_config('synchronous_commit', 'off', true)`,
  none,
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
   set state = s.state, attempts = d.attempts + s.counted, last_status = coalesce(s.status, d.last_status), last_reason = s.reason,
     next_attempt_at = to_timestamp(s.next_ms / 1000.0), changed_at = $8
   from unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $9::int[])
     as s (id, state, status, reason, next_ms, lease_ms, counted)
   where d.environment_id = $1 and d.id = any($2::text[]) and d.id = s.id and d.state || '' = 'due'
     and (s.state = 'delivered' or d.next_attempt_at = to_timestamp(s.lease_ms / 1000.0))
   returning d.id`,
  (row) => settledRow.parse(row).id,
);

/** Of each key, the first that waits becomes due when none before it is left. Whoever asks holds the lock of its order. */
export const promoteDeliveries = statement(
  'delivery.promote',
  `update deliveries d set state = 'due', next_attempt_at = $4, changed_at = $4
   from unnest($2::text[], $3::bytea[]) as k (destination_id, order_key)
   cross join lateral (
     select id, state from deliveries
     where environment_id = $1 and destination_id = k.destination_id and order_key = k.order_key and state in ('due', 'waiting')
     order by order_number limit 1
   ) first
   where d.environment_id = $1 and d.id = first.id and first.state = 'waiting'`,
  none,
);

/**
 * The same for all of a destination (`$2`), of which the first of a key may be gone: months are dropped while it is paused, by a person or by itself.
 * Right without the lock, too: whatever is only just coming is behind what waits.
 */
export const promoteFirsts = statement(
  'delivery.promote_firsts',
  `update deliveries d set state = 'due', next_attempt_at = $3, changed_at = $3
   where d.environment_id = $1 and d.destination_id = $2 and d.state = 'waiting' and d.order_key is not null
     and not exists (select from deliveries e where e.environment_id = $1 and e.destination_id = $2 and e.order_key = d.order_key
       and e.state in ('due', 'waiting') and e.order_number < d.order_number)`,
  none,
);

export const insertAttempts = statement(
  'delivery.insert_attempts',
  `insert into attempts (environment_id, id, delivery_id, number, started_at, duration_ms, status, reason, address, answer_headers, answer_start)
   select $1, id, delivery_id, number, to_timestamp(started_ms / 1000.0), duration_ms, status, reason, address, answer_headers::jsonb, answer_start
   from unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::int[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[])
     as t (id, delivery_id, number, started_ms, duration_ms, status, reason, address, answer_headers, answer_start)`,
  none,
);

const healthRow = z.object({
  id: destinationColumn,
  before: z.enum(['active', 'paused', 'failing']),
  after: z.enum(['active', 'paused', 'failing']),
});

/**
 * What attempts say of their destinations (`$2`): whether one succeeded, how many failed, whether it said it is gone for good,
 * and the last reason. One that fails since before `$8`, `$9` times at least, or is gone, is paused by itself until
 * `$10` and longer; a success of one that was ends that. Whether a success ends anything is asked here, of the row: what a
 * sender remembers of a destination is older than what another attempt has just told. Where it ends nothing, nothing is written.
 */
export const markHealth = statement(
  'delivery.mark_health',
  `with before as (
     select t.id, t.state, h.ok, h.failed, h.reason,
       case
         when t.state = 'failing' and h.ok then 'active'
         when t.state = 'active' and not h.ok and (h.gone or (t.failing_since <= $8 and t.failures + h.failed >= $9::int)) then 'failing'
         else t.state
       end as next
     from destinations t join unnest($2::text[], $3::boolean[], $4::int[], $5::boolean[], $6::text[]) as h (id, ok, failed, gone, reason) on h.id = t.id
     where t.environment_id = $1 and (not h.ok or t.failing_since is not null or t.state = 'failing')
     order by t.id for update of t
   )
   update destinations t set state = b.next,
     failing_since = case when not b.ok then coalesce(t.failing_since, $7) end,
     failures = case when b.ok then 0 else t.failures + b.failed end,
     paused_at = case when b.next = 'active' then null else coalesce(t.paused_at, $7) end,
     paused_reason = case b.next when 'failing' then b.reason when 'paused' then t.paused_reason end,
     probe_at = case b.next when 'failing' then
       $7::timestamptz + least(greatest(($7 - coalesce(t.paused_at, $7)) / 4, $10::int * interval '1 second'), $10::int * interval '12 seconds') end
   from before b where t.environment_id = $1 and t.id = b.id
   returning t.id, b.state as before, t.state as after`,
  (row) => healthRow.parse(row),
);

const deliveryRow = z.object({
  id: deliveryColumn,
  event_id: eventColumn,
  destination_id: destinationColumn,
  state: z.enum(['due', 'waiting', 'delivered', 'dead']),
  attempts: z.number().int(),
  next_attempt_at: z.date().nullable(),
  last_status: z.number().int().nullable(),
  last_reason: z.string().nullable(),
  created_at: z.date(),
  changed_at: z.date(),
});
export type DeliveryRow = z.output<typeof deliveryRow>;

const DELIVERY_COLUMNS = `d.id, d.event_id, d.destination_id, d.state, d.attempts,
     case t.state when 'active' then d.next_attempt_at end as next_attempt_at,
     d.last_status, d.last_reason, d.created_at, d.changed_at`;
const WITH_DESTINATION = `from deliveries d left join destinations t on t.environment_id = d.environment_id and t.id = d.destination_id`;

const page = (condition: string): string =>
  `select ${DELIVERY_COLUMNS} ${WITH_DESTINATION}
   where d.environment_id = $1 and ($2::text is null or d.id < $2) and ($4::text is null or d.event_id = $4)
     and ($5::text is null or d.destination_id = $5) and ${condition}
   order by d.id desc limit $3`;

export const selectDeliveries = statement(
  'delivery.select_page',
  page(`($6::text is null or d.state = $6)`),
  (row) => deliveryRow.parse(row),
);

/** The same of one state, written out so that its partial index can be used: these are few among many. */
export const selectDueDeliveries = statement('delivery.select_due_page', page(`d.state = 'due'`), (row) =>
  deliveryRow.parse(row),
);
export const selectWaitingDeliveries = statement(
  'delivery.select_waiting_page',
  page(`d.state = 'waiting' and d.order_key is not null`),
  (row) => deliveryRow.parse(row),
);
export const selectDeadDeliveries = statement('delivery.select_dead_page', page(`d.state = 'dead'`), (row) =>
  deliveryRow.parse(row),
);

export const selectDelivery = statement(
  'delivery.select_one',
  `select ${DELIVERY_COLUMNS} ${WITH_DESTINATION} where d.environment_id = $1 and d.id = $2`,
  (row) => deliveryRow.parse(row),
);

const lockedRow = z.object({ state: z.enum(['due', 'waiting', 'delivered', 'dead']) });

export const lockDelivery = statement(
  'delivery.lock_one',
  `select state from deliveries where environment_id = $1 and id = $2 for update`,
  (row) => lockedRow.parse(row),
);

/** Its time has come. Of one that is under way the lease is taken, and it may arrive twice: it is delivered at least once. */
export const hastenDelivery = statement(
  'delivery.hasten',
  `update deliveries set next_attempt_at = $3 where environment_id = $1 and id = $2 and state = 'due'`,
  none,
);

const attemptRow = z.object({
  number: z.number().int(),
  started_at: z.date(),
  duration_ms: z.number().int(),
  status: z.number().int().nullable(),
  reason: z.string().nullable(),
  address: z.string().nullable(),
  answer_headers: z.record(z.string(), z.string()).nullable(),
  answer_start: z.string().nullable(),
});
export type AttemptRow = z.output<typeof attemptRow>;

export const selectAttempts = statement(
  'delivery.select_attempts',
  `select number, started_at, duration_ms, status, reason, address, answer_headers, answer_start from attempts
   where environment_id = $1 and delivery_id = $2 order by id desc limit $3`,
  (row) => attemptRow.parse(row),
);

const madeRow = z.object({ made: z.boolean() });

export const ensurePartition = statement(
  'delivery.ensure_partition',
  `select ensure_delivery_partition($1, $2, $3, $4) as made`,
  (row) => madeRow.parse(row).made,
);

export const eraseAttempts = statement('delivery.erase_attempts', eraseRows('attempts', ['id']), none);
export const eraseDeliveries = statement('delivery.erase_deliveries', eraseRows('deliveries', ['id']), none);

/** Deletes the destinations and deliveries of an environment that is over. */
export const deliveryErasure = erasureOf({
  destination_secrets: eraseDestinationSecrets,
  destinations: eraseDestinations,
  event_replays: eraseReplays,
  attempts: eraseAttempts,
  deliveries: eraseDeliveries,
});
