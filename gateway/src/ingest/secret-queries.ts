import { z } from 'zod';
import { isId, type SecretId } from '#base';
import { eraseRows, statement } from '#store';

const none = (): null => null;
const secretColumn = z.custom<SecretId>((value) => isId('secret', value));

export const insertEndpointSecret = statement(
  'ingest.insert_endpoint_secret',
  `insert into endpoint_secrets (environment_id, endpoint_id, id, sealed_secret, created_at) values ($1, $2, $3, $4, $5)`,
  none,
);

export const deleteEndpointSecrets = statement(
  'ingest.delete_endpoint_secrets',
  `delete from endpoint_secrets where environment_id = $1 and endpoint_id = $2`,
  none,
);

/** All but the new one end; one that ends sooner already still does. */
export const endEndpointSecrets = statement(
  'ingest.end_endpoint_secrets',
  `update endpoint_secrets set ends_at = least(ends_at, $4)
   where environment_id = $1 and endpoint_id = $2 and id <> $3`,
  none,
);

/** One that was to end does not, since nothing would be in force after it. */
export const liftSecretEnd = statement(
  'ingest.lift_secret_end',
  `update endpoint_secrets set ends_at = null where environment_id = $1 and endpoint_id = $2 and id = $3`,
  none,
);

export const retireEndpointSecret = statement(
  'ingest.retire_endpoint_secret',
  `delete from endpoint_secrets where environment_id = $1 and endpoint_id = $2 and id = $3`,
  none,
);

const sealedRow = z.object({ id: z.string(), sealed_secret: z.instanceof(Uint8Array) });

/** Those in force at a moment, newest first. */
export const selectEndpointSecrets = statement(
  'ingest.select_endpoint_secrets',
  `select id, sealed_secret from endpoint_secrets
   where environment_id = $1 and endpoint_id = $2 and (ends_at is null or ends_at > $3) order by id desc`,
  (row) => sealedRow.parse(row),
);

const secretRow = z.object({
  id: secretColumn,
  created_at: z.date(),
  ends_at: z.date().nullable(),
  uses: z.number(),
  last_used_at: z.date().nullable(),
});
export type SecretRow = z.output<typeof secretRow>;

/** What can be shown of those in force at a moment, newest first. */
export const selectSecretViews = statement(
  'ingest.select_secret_views',
  `select id, created_at, ends_at, uses, last_used_at from endpoint_secrets
   where environment_id = $1 and endpoint_id = $2 and (ends_at is null or ends_at > $3) order by id desc`,
  (row) => secretRow.parse(row),
);

/** Those that have ended make room, so that the table doesn't grow with every rotation. */
export const deleteEndedSecrets = statement(
  'ingest.delete_ended_secrets',
  `delete from endpoint_secrets where environment_id = $1 and endpoint_id = $2 and ends_at <= $3`,
  none,
);

export const countSecretUses = statement(
  'ingest.count_secret_uses',
  `update endpoint_secrets s
   set uses = s.uses + t.uses, last_used_at = greatest(s.last_used_at, to_timestamp(t.last_ms / 1000.0))
   from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) as t (endpoint_id, id, uses, last_ms)
   where s.environment_id = $1 and s.endpoint_id = t.endpoint_id and s.id = t.id`,
  none,
);

export const eraseEndpointSecrets = statement(
  'ingest.erase_endpoint_secrets',
  eraseRows('endpoint_secrets', ['endpoint_id', 'id']),
  none,
);
