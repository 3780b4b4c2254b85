import { z } from 'zod';
import { type EndpointId, type EnvironmentId, type EventId, isId } from '#base';
import { eraseRows, statement } from '#store';
import { endpointSettingsShape } from './endpoint-settings.ts';

const environmentColumn = z.custom<EnvironmentId>((value) => isId('environment', value));
const endpointColumn = z.custom<EndpointId>((value) => isId('endpoint', value));
const eventColumn = z.custom<EventId>((value) => isId('event', value));
const bytesColumn = z.instanceof(Uint8Array);
const stateColumn = z.enum(['active', 'paused']);
const none = (): null => null;

const endpointRow = z.object({
  id: endpointColumn,
  platform: z.string(),
  name: z.string(),
  state: stateColumn,
  allowed_addresses: z.array(z.string()),
  created_at: z.date(),
  scheme: z.unknown(),
  settings: endpointSettingsShape,
});
export type EndpointRow = z.output<typeof endpointRow>;

const ENDPOINT_COLUMNS = 'id, platform, name, state, allowed_addresses, created_at, scheme, settings';

/** Touches no row when the name is taken. */
export const insertEndpoint = statement(
  'ingest.insert_endpoint',
  `insert into endpoints (environment_id, id, platform, name, state, created_at, allowed_addresses, settings, scheme)
   values ($1, $2, $3, $4, 'active', $5, $6, $7, $8)
   on conflict (environment_id, name) do nothing`,
  none,
);

export const selectEndpoint = statement(
  'ingest.select_endpoint',
  `select ${ENDPOINT_COLUMNS} from endpoints where environment_id = $1 and id = $2`,
  (row) => endpointRow.parse(row),
);

/** Changes of an endpoint take turns: of two new secrets at once only the later one may stay. */
export const selectEndpointForUpdate = statement(
  'ingest.select_endpoint_for_update',
  `select ${ENDPOINT_COLUMNS} from endpoints where environment_id = $1 and id = $2 for update`,
  (row) => endpointRow.parse(row),
);

/** Newest first: endpoint ids are random, so the page goes by time and id. */
export const selectEndpoints = statement(
  'ingest.select_endpoints',
  `select ${ENDPOINT_COLUMNS} from endpoints
   where environment_id = $1
     and ($2::text is null or (created_at, id) < (select created_at, id from endpoints where environment_id = $1 and id = $2))
   order by created_at desc, id desc limit $3`,
  (row) => endpointRow.parse(row),
);

export const updateEndpointState = statement(
  'ingest.update_endpoint_state',
  `update endpoints set state = $3 where environment_id = $1 and id = $2`,
  none,
);

export const updateEndpointAddresses = statement(
  'ingest.update_endpoint_addresses',
  `update endpoints set allowed_addresses = $3 where environment_id = $1 and id = $2`,
  none,
);

export const updateEndpointSettings = statement(
  'ingest.update_endpoint_settings',
  `update endpoints set settings = $3 where environment_id = $1 and id = $2`,
  none,
);

const endpointInUseRow = z.object({
  environment_id: environmentColumn,
  platform: z.string(),
  state: stateColumn,
  allowed_addresses: z.array(z.string()),
  scheme: z.unknown(),
  settings: endpointSettingsShape,
});

/** System role: the endpoint is all that a webhook names. */
export const selectEndpointInUse = statement(
  'ingest.select_endpoint_in_use',
  `select environment_id, platform, state, allowed_addresses, scheme, settings from endpoints where id = $1`,
  (row) => endpointInUseRow.parse(row),
);

// Made once: making a schema takes a hundred times as long as reading a row with it.
const storedRow = z.object({ id: eventColumn });

/** Stands for the endpoint in the duplicate keys of events that came in at none. */
const OWN = '';

/**
 * Stores a batch: whoever gets the duplicate key in stores the event. Byte columns come as one parameter each, cut up
 * here: the driver sends a single value as it is, but spells out every byte of an array in hexadecimal text.
 * Keys go in in order, so that two batches can't wait for each other.
 */
export const insertEvents = statement(
  'ingest.insert_events',
  `with incoming as (
     select endpoint_id, id, platform, type, platform_event, received_ms, length, content_type, start, state, reason, detail, head_length,
       substring($3::bytea from (ordinality::int - 1) * 32 + 1 for 32) as key,
       substring($4::bytea from (ordinality::int - 1) * 32 + 1 for 32) as digest,
       sealed_length
     from unnest($2::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::int[], $12::text[], $13::int[], $14::int[],
         $15::text[], $16::text[], $17::text[], $18::int[])
       with ordinality as t (endpoint_id, id, platform, type, platform_event, received_ms, length, content_type, start, sealed_length,
         state, reason, detail, head_length, ordinality)
   ), claimed as (
     insert into event_keys (environment_id, endpoint_id, key, event_id)
     select $1, coalesce(endpoint_id, '${OWN}'), key, id from incoming order by coalesce(endpoint_id, '${OWN}'), key
     on conflict do nothing returning event_id
   )
   insert into events (environment_id, id, endpoint_id, platform, type, platform_event, received_at, bytes, digest, content_type, sealed_body,
     state, reason, detail, head_bytes)
   select $1, id, endpoint_id, platform, type, platform_event, to_timestamp(received_ms / 1000.0), length, digest, content_type,
     substring($5::bytea from start for sealed_length), state, reason, detail, head_length
   from incoming join claimed on claimed.event_id = incoming.id
   returning id`,
  (row) => storedRow.parse(row).id,
);

const eventKeyRow = z.object({ event_id: eventColumn, position: z.number().int() });

export const selectEventKeys = statement(
  'ingest.select_event_keys',
  `select k.event_id, t.ordinality::int as position
   from unnest($2::text[], $3::bytea[]) with ordinality as t (endpoint_id, key, ordinality)
   join event_keys k on k.environment_id = $1 and k.endpoint_id = coalesce(t.endpoint_id, '${OWN}') and k.key = t.key`,
  (row) => eventKeyRow.parse(row),
);

const eventStateColumn = z.enum(['accepted', 'quarantined', 'unconfirmed', 'discarded']);

const eventRow = z.object({
  id: eventColumn,
  endpoint_id: endpointColumn.nullable(),
  platform: z.string(),
  type: z.string().nullable(),
  platform_event: z.string().nullable(),
  state: eventStateColumn,
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  received_at: z.date(),
  bytes: z.number().int(),
  digest: bytesColumn,
});
export type EventRow = z.output<typeof eventRow>;

const EVENT_COLUMNS =
  'id, endpoint_id, platform, type, platform_event, state, reason, detail, received_at, bytes, digest';

/** Newest first. `$3` and `$4` bound the ids: by a page, and by a span of time, which ids begin with. */
export const selectEvents = statement(
  'ingest.select_events',
  `select ${EVENT_COLUMNS} from events
   where environment_id = $1 and ($3::text is null or id < $3) and ($4::text is null or id >= $4)
     and ($5::text is null or endpoint_id = $5) and ($6::text is null or type = $6)
     and ($7::text is null or platform = $7) and ($8::text is null or state = $8)
   order by id desc limit $2`,
  (row) => eventRow.parse(row),
);

/** The same for events that are held or discarded: found by an index that has no others. */
export const selectHeldEvents = statement(
  'ingest.select_held_events',
  `select ${EVENT_COLUMNS} from events
   where environment_id = $1 and ($3::text is null or id < $3) and ($4::text is null or id >= $4)
     and ($5::text is null or endpoint_id = $5) and ($6::text is null or type = $6)
     and ($7::text is null or platform = $7) and state <> 'accepted' and state = $8
   order by id desc limit $2`,
  (row) => eventRow.parse(row),
);

export const selectEvent = statement(
  'ingest.select_event',
  `select ${EVENT_COLUMNS} from events where environment_id = $1 and id = $2`,
  (row) => eventRow.parse(row),
);

/** Whoever decides about an event waits for whoever does already. */
export const selectEventForUpdate = statement(
  'ingest.select_event_for_update',
  `select ${EVENT_COLUMNS} from events where environment_id = $1 and id = $2 for update`,
  (row) => eventRow.parse(row),
);

export const updateEventState = statement(
  'ingest.update_event_state',
  `update events set state = $3, reason = $4, detail = $5 where environment_id = $1 and id = $2`,
  none,
);

const bodyRow = z.object({
  id: eventColumn,
  endpoint_id: endpointColumn.nullable(),
  platform: z.string(),
  type: z.string().nullable(),
  state: eventStateColumn,
  received_at: z.date(),
  content_type: z.string(),
  head_bytes: z.number().int().nullable(),
  sealed_body: bytesColumn,
});
export type BodyRow = z.output<typeof bodyRow>;

const BODY_COLUMNS =
  'id, endpoint_id, platform, type, state, received_at, content_type, head_bytes, sealed_body';

export const selectBodies = statement(
  'ingest.select_bodies',
  `select ${BODY_COLUMNS} from events where environment_id = $1 and id = any($2::text[])`,
  (row) => bodyRow.parse(row),
);

export const ensurePartition = statement(
  'ingest.ensure_partition',
  `select ensure_event_partition($1, $2, $3) as made`,
  (row) => z.object({ made: z.boolean() }).parse(row).made,
);

export const eraseEndpoints = statement('ingest.erase_endpoints', eraseRows('endpoints', ['id']), none);
export const eraseEventKeys = statement(
  'ingest.erase_event_keys',
  eraseRows('event_keys', ['endpoint_id', 'key']),
  none,
);
export const eraseEvents = statement('ingest.erase_events', eraseRows('events', ['id']), none);

export const eraseEndpointCallers = statement(
  'ingest.erase_endpoint_callers',
  eraseRows('endpoint_callers', ['endpoint_id', 'day', 'outcome', 'address']),
  none,
);
