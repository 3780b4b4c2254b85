import { z } from 'zod';
import { type EnvironmentId, isId, type KeyId } from '#base';
import { eraseRows, erasureOf, statement } from '#store';

const environmentColumn = z.custom<EnvironmentId>((value) => isId('environment', value));
const keyColumn = z.custom<KeyId>((value) => isId('key', value));
const kindColumn = z.enum(['test', 'live', 'admin']);

const keyRow = z.object({
  id: keyColumn,
  kind: kindColumn,
  name: z.string(),
  created_at: z.date(),
  revoked_at: z.date().nullable(),
});

export type KeyRow = z.output<typeof keyRow>;

const holderRow = z.object({
  environment_id: environmentColumn,
  key_id: keyColumn,
  kind: kindColumn,
  revoked_at: z.date().nullable(),
  expires_at: z.date().nullable(),
});

export type HolderRow = z.output<typeof holderRow>;

const none = (): null => null;

/** Touches no row when a key in force has this name. */
export const insertKey = statement(
  'access.insert_key',
  `insert into api_keys (environment_id, id, kind, name, pepper_version, digest, created_at)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (environment_id, name) where revoked_at is null do nothing`,
  none,
);

export const selectKeys = statement(
  'access.select_keys',
  `select id, kind, name, created_at, revoked_at from api_keys
   where environment_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
  (row) => keyRow.parse(row),
);

export const selectKey = statement(
  'access.select_key',
  `select id, kind, name, created_at, revoked_at from api_keys where environment_id = $1 and id = $2`,
  (row) => keyRow.parse(row),
);

/** Holds the key as it is until the transaction ends: it can't be revoked meanwhile. */
export const holdKey = statement(
  'access.hold_key',
  `select id, kind, name, created_at, revoked_at from api_keys where environment_id = $1 and id = $2 for share`,
  (row) => keyRow.parse(row),
);

export const revokeKey = statement(
  'access.revoke_key',
  `update api_keys set revoked_at = $3 where environment_id = $1 and id = $2 and revoked_at is null`,
  none,
);

export const deleteTokensOfKey = statement(
  'access.delete_tokens_of_key',
  `delete from bearer_tokens where environment_id = $1 and key_id = $2`,
  none,
);

/** System role: a digest is looked up before its environment is known. */
export const selectKeyHolder = statement(
  'access.select_key_holder',
  `select environment_id, id as key_id, kind, revoked_at, null::timestamptz as expires_at
   from api_keys where digest = any($1::bytea[])`,
  (row) => holderRow.parse(row),
);

/** System role, as above. The key of the token decides with it: a revoked key ends its tokens. */
export const selectTokenHolder = statement(
  'access.select_token_holder',
  `select t.environment_id, t.key_id, k.kind, k.revoked_at, t.expires_at
   from bearer_tokens t join api_keys k on k.environment_id = t.environment_id and k.id = t.key_id
   where t.digest = any($1::bytea[])`,
  (row) => holderRow.parse(row),
);

export const insertToken = statement(
  'access.insert_token',
  `insert into bearer_tokens (environment_id, id, key_id, pepper_version, digest, created_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7)`,
  none,
);

/** System role: expired tokens of every environment, a bounded number at a time. */
export const deleteExpiredTokens = statement(
  'access.delete_expired_tokens',
  `delete from bearer_tokens where (environment_id, id) in
     (select environment_id, id from bearer_tokens where expires_at < $1 limit $2)`,
  none,
);

export const eraseBearerTokens = statement(
  'access.erase_bearer_tokens',
  eraseRows('bearer_tokens', ['id']),
  none,
);
export const eraseApiKeys = statement('access.erase_api_keys', eraseRows('api_keys', ['id']), none);

/** Deletes the keys of an environment that is over. */
export const accessErasure = erasureOf({
  bearer_tokens: eraseBearerTokens,
  api_keys: eraseApiKeys,
});
