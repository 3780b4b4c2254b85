import { z } from 'zod';
import { type DestinationId, type EndpointId, isId, type SecretId } from '#base';
import { eraseRows, statement } from '#store';
import { conditionsShape, orderByShape } from './filter.ts';
import { settingsShape } from './settings.ts';

const destinationColumn = z.custom<DestinationId>((value) => isId('destination', value));
const endpointColumn = z.custom<EndpointId>((value) => isId('endpoint', value));
const bytesColumn = z.instanceof(Uint8Array);
const none = (): null => null;

const destinationRow = z.object({
  id: destinationColumn,
  name: z.string(),
  kind: z.enum(['push', 'pull']),
  url: z.string().nullable(),
  state: z.enum(['active', 'paused', 'failing']),
  platforms: z.array(z.string()).nullable(),
  types: z.array(z.string()).nullable(),
  endpoints: z.array(endpointColumn).nullable(),
  conditions: conditionsShape.nullable(),
  order_by: orderByShape.nullable(),
  concurrency: z.number().int().nullable(),
  rate_per_second: z.number().int().nullable(),
  settings: settingsShape,
  sealed_headers: bytesColumn.nullable(),
  client_certificate: z.string().nullable(),
  sealed_client_key: bytesColumn.nullable(),
  paused_at: z.date().nullable(),
  paused_reason: z.string().nullable(),
  failing_since: z.date().nullable(),
  failures: z.number().int(),
  probe_at: z.date().nullable(),
  created_at: z.date(),
});
export type DestinationRow = z.output<typeof destinationRow>;

const DESTINATION_COLUMNS = `id, name, kind, url, state, platforms, types, endpoints, conditions, order_by, concurrency, rate_per_second,
  settings, sealed_headers, client_certificate, sealed_client_key, paused_at, paused_reason, failing_since, failures, probe_at, created_at`;

const countRow = z.object({ count: z.number().int() });

/** Inserts nothing when the name is taken. */
export const insertDestination = statement(
  'delivery.insert_destination',
  `insert into destinations (environment_id, id, name, kind, url, state, platforms, types, endpoints, conditions, order_by,
     concurrency, rate_per_second, settings, sealed_headers, client_certificate, sealed_client_key, created_at)
   values ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
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

/** The same, so that nobody else changes it before the transaction ends. */
export const lockDestination = statement(
  'delivery.lock_destination',
  `select ${DESTINATION_COLUMNS} from destinations where environment_id = $1 and id = $2 for update`,
  (row) => destinationRow.parse(row),
);

export const selectDestinations = statement(
  'delivery.select_destinations',
  `select ${DESTINATION_COLUMNS} from destinations
   where environment_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
  (row) => destinationRow.parse(row),
);

export const selectActiveDestinations = statement(
  'delivery.select_active_destinations',
  `select ${DESTINATION_COLUMNS} from destinations where environment_id = $1 and state <> 'paused' order by id`,
  (row) => destinationRow.parse(row),
);

/** Everything of it that administration can change. */
export const updateDestination = statement(
  'delivery.update_destination',
  `update destinations set url = $3, platforms = $4, types = $5, endpoints = $6, conditions = $7, order_by = $8, concurrency = $9,
     rate_per_second = $10, settings = $11, sealed_headers = $12, client_certificate = $13, sealed_client_key = $14
   where environment_id = $1 and id = $2`,
  none,
);

/** By a person: what is said of failures begins anew. */
export const updateDestinationState = statement(
  'delivery.update_destination_state',
  `update destinations set state = $3, paused_at = $4, paused_reason = $5, failing_since = null, failures = 0, probe_at = null
   where environment_id = $1 and id = $2 and state <> $3`,
  none,
);

const secretRow = z.object({
  id: z.custom<SecretId>((value) => isId('secret', value)),
  destination_id: destinationColumn,
  kind: z.enum(['symmetric', 'ed25519']),
  sealed_secret: bytesColumn,
  public_key: z.string().nullable(),
  created_at: z.date(),
  ends_at: z.date().nullable(),
});
export type SecretRow = z.output<typeof secretRow>;

const SECRET_COLUMNS = 'id, destination_id, kind, sealed_secret, public_key, created_at, ends_at';

export const insertDestinationSecret = statement(
  'delivery.insert_secret',
  `insert into destination_secrets (environment_id, id, destination_id, kind, sealed_secret, public_key, created_at, request_digest)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
  none,
);

/** Those in force, the newest first. */
export const selectDestinationSecrets = statement(
  'delivery.select_secrets',
  `select ${SECRET_COLUMNS} from destination_secrets
   where environment_id = $1 and destination_id = any($2::text[]) and (ends_at is null or ends_at > $3) order by created_at desc, id desc`,
  (row) => secretRow.parse(row),
);

/** What a request for a rotation made, as long as it may be asked for again. */
export const selectRotated = statement(
  'delivery.select_rotated',
  `select ${SECRET_COLUMNS} from destination_secrets
   where environment_id = $1 and destination_id = $2 and request_digest = $3 and created_at > $4 and (ends_at is null or ends_at > $5)
   order by id`,
  (row) => secretRow.parse(row),
);

/** Those of a kind but the one named end; none later than it would have. */
export const endDestinationSecrets = statement(
  'delivery.end_secrets',
  `update destination_secrets set ends_at = least(ends_at, $5)
   where environment_id = $1 and destination_id = $2 and kind = $3 and id <> $4 and (ends_at is null or ends_at > $5)`,
  none,
);

/** Secrets that ended sign nothing any more. */
export const deleteEndedSecrets = statement(
  'delivery.delete_ended_secrets',
  `delete from destination_secrets where environment_id = $1 and destination_id = $2 and ends_at <= $3`,
  none,
);

export const eraseDestinations = statement(
  'delivery.erase_destinations',
  eraseRows('destinations', ['id']),
  none,
);
export const eraseDestinationSecrets = statement(
  'delivery.erase_secrets',
  eraseRows('destination_secrets', ['id']),
  none,
);
