import { z } from 'zod';
import { type EnvironmentId, type Id, isId, type KeyId } from '#base';
import { statement } from '#store';
import { isScope, type Scope } from './scopes.ts';

const environmentColumn = z.custom<EnvironmentId>((value) => isId('environment', value));
const keyColumn = z.custom<KeyId>((value) => isId('key', value));
const secretColumn = z.custom<Id<'secret'>>((value) => isId('secret', value));
const kindColumn = z.enum(['test', 'live', 'admin']);
const scopesColumn = z.array(z.custom<Scope>((value) => typeof value === 'string' && isScope(value)));

const may = {
  scopes: scopesColumn,
  bound_kind: z.enum(['connection', 'destination', 'policy']).nullable(),
  bound_id: z.string().nullable(),
  allowed_addresses: z.array(z.string()),
  allowed_origins: z.array(z.string()),
  requests_per_minute: z.number().nullable(),
  signed_only: z.boolean(),
};

const keyRow = z.object({
  id: keyColumn,
  kind: kindColumn,
  name: z.string(),
  created_at: z.date(),
  changed_at: z.date().nullable(),
  revoked_at: z.date().nullable(),
  expires_at: z.date().nullable(),
  ...may,
  owner: z.string().nullable(),
  note: z.string().nullable(),
  uses: z.number(),
  last_used_at: z.date().nullable(),
  last_address: z.string().nullable(),
  last_agent: z.string().nullable(),
});

export type KeyRow = z.output<typeof keyRow>;

const KEY_COLUMNS = `id, kind, name, created_at, changed_at, revoked_at, expires_at, scopes, bound_kind, bound_id,
  allowed_addresses, allowed_origins, requests_per_minute, signed_only, owner, note, uses, last_used_at, last_address,
  last_agent`;

const holderRow = z.object({
  environment_id: environmentColumn,
  key_id: keyColumn,
  secret_id: secretColumn.nullable(),
  kind: kindColumn,
  revoked_at: z.date().nullable(),
  key_expires_at: z.date().nullable(),
  retires_at: z.date().nullable(),
  retired_at: z.date().nullable(),
  token_expires_at: z.date().nullable(),
  ...may,
});

export type HolderRow = z.output<typeof holderRow>;

const none = (): null => null;

/** Touches no row when a key in force has this name. */
export const insertKey = statement(
  'access.insert_key',
  `insert into api_keys (environment_id, id, kind, name, created_at, scopes, bound_kind, bound_id, expires_at,
     allowed_addresses, allowed_origins, requests_per_minute, signed_only, owner, note)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
   on conflict (environment_id, name) where revoked_at is null do nothing`,
  none,
);

export const updateKey = statement(
  'access.update_key',
  `update api_keys set changed_at = $3, scopes = $4, bound_kind = $5, bound_id = $6, expires_at = $7,
     allowed_addresses = $8, allowed_origins = $9, requests_per_minute = $10, signed_only = $11, owner = $12, note = $13
   where environment_id = $1 and id = $2 and revoked_at is null`,
  none,
);

export const selectKeys = statement(
  'access.select_keys',
  `select ${KEY_COLUMNS} from api_keys
   where environment_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
  (row) => keyRow.parse(row),
);

export const selectKey = statement(
  'access.select_key',
  `select ${KEY_COLUMNS} from api_keys where environment_id = $1 and id = $2`,
  (row) => keyRow.parse(row),
);

/** Holds the key as it is until the transaction ends: it can't be changed or revoked meanwhile. */
export const holdKey = statement(
  'access.hold_key',
  `select ${KEY_COLUMNS} from api_keys where environment_id = $1 and id = $2 for share`,
  (row) => keyRow.parse(row),
);

/** Lets one at a time change a key and what belongs to it. */
export const lockKey = statement(
  'access.lock_key',
  `select ${KEY_COLUMNS} from api_keys where environment_id = $1 and id = $2 for no key update`,
  (row) => keyRow.parse(row),
);

export const revokeKey = statement(
  'access.revoke_key',
  `update api_keys set revoked_at = $3 where environment_id = $1 and id = $2 and revoked_at is null`,
  none,
);

const secretRow = z.object({
  id: secretColumn,
  created_at: z.date(),
  retires_at: z.date().nullable(),
  retired_at: z.date().nullable(),
});

export type SecretRow = z.output<typeof secretRow>;

export const insertSecret = statement(
  'access.insert_secret',
  `insert into key_secrets (environment_id, id, key_id, pepper_version, digest, created_at)
   values ($1, $2, $3, $4, $5, $6)`,
  none,
);

/** The secrets of a key that are in force at a moment, newest first. */
export const selectSecrets = statement(
  'access.select_secrets',
  `select id, created_at, retires_at, retired_at from key_secrets
   where environment_id = $1 and key_id = $2 and retired_at is null and (retires_at is null or retires_at > $3)
   order by created_at desc, id desc`,
  (row) => secretRow.parse(row),
);

/** One that is to end earlier already keeps its end. */
export const endSecrets = statement(
  'access.end_secrets',
  `update key_secrets set retires_at = least(retires_at, $4::timestamptz)
   where environment_id = $1 and key_id = $2 and id <> $3 and retired_at is null`,
  none,
);

export const retireSecret = statement(
  'access.retire_secret',
  `update key_secrets set retired_at = $4
   where environment_id = $1 and key_id = $2 and id = $3 and retired_at is null`,
  none,
);

const count = z.object({ count: z.number() });

/** Bearer tokens of a key, or of one secret of it, whose time is not over. They end with what they were made from. */
export const countTokens = statement(
  'access.count_tokens',
  `select count(*)::integer as count from bearer_tokens
   where environment_id = $1 and key_id = $2 and ($3::text is null or secret_id = $3) and expires_at > $4`,
  (row) => count.parse(row).count,
);

const HOLDER_COLUMNS = `k.environment_id, k.id as key_id, k.kind, k.revoked_at, k.expires_at as key_expires_at, k.scopes,
  k.bound_kind, k.bound_id, k.allowed_addresses, k.allowed_origins, k.requests_per_minute, k.signed_only`;

/** System role: a digest is looked up before its environment is known. */
export const selectKeyHolder = statement(
  'access.select_key_holder',
  `select ${HOLDER_COLUMNS}, s.id as secret_id, s.retires_at, s.retired_at, null::timestamptz as token_expires_at
   from key_secrets s join api_keys k on k.environment_id = s.environment_id and k.id = s.key_id
   where s.digest = any($1::bytea[])`,
  (row) => holderRow.parse(row),
);

/** System role, as above. Key and secret of the token decide with it: when they end, so does it. */
export const selectTokenHolder = statement(
  'access.select_token_holder',
  `select ${HOLDER_COLUMNS}, t.secret_id, s.retires_at, s.retired_at, t.expires_at as token_expires_at
   from bearer_tokens t
   join api_keys k on k.environment_id = t.environment_id and k.id = t.key_id
   left join key_secrets s on s.environment_id = t.environment_id and s.id = t.secret_id
   where t.digest = any($1::bytea[])`,
  (row) => holderRow.parse(row),
);

/** System role: a signed request names its key, whose secret is not sent. */
export const selectSignedHolder = statement(
  'access.select_signed_holder',
  `select ${HOLDER_COLUMNS}, null as secret_id, null::timestamptz as retires_at, null::timestamptz as retired_at,
     null::timestamptz as token_expires_at
   from api_keys k where k.id = $1`,
  (row) => holderRow.parse(row),
);

export const insertToken = statement(
  'access.insert_token',
  `insert into bearer_tokens (environment_id, id, key_id, secret_id, pepper_version, digest, created_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
  none,
);

/** System role: expired tokens of every environment, a bounded number at a time. */
export const deleteExpiredTokens = statement(
  'access.delete_expired_tokens',
  `delete from bearer_tokens where (environment_id, id) in
     (select environment_id, id from bearer_tokens where expires_at < $1 limit $2)`,
  none,
);
