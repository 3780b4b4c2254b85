import { z } from 'zod';
import { eraseRows, erasureOf, statement } from '#store';

const wrappedKeyRow = z
  .object({
    version: z.int().positive(),
    key_id: z.string(),
    root_key_id: z.string(),
    wrapped: z.instanceof(Uint8Array),
  })
  .transform((row) => ({
    version: row.version,
    keyId: row.key_id,
    rootKeyId: row.root_key_id,
    wrapped: row.wrapped,
  }));

/** A key as the database holds it: sealed by the root key named. */
export type WrappedKey = z.output<typeof wrappedKeyRow>;

const namedWrappedKeyRow = z
  .object({ purpose: z.string() })
  .loose()
  .transform((row) => ({
    purpose: row.purpose,
    ...wrappedKeyRow.parse(row),
  }));

const rootKeyRow = z
  .object({ root_key_id: z.string(), keys: z.int() })
  .transform((row) => ({ rootKeyId: row.root_key_id, keys: row.keys }));

const none = (): null => null;

export const newestDataKey = statement(
  'keyring.newest_data_key',
  `select version, key_id, root_key_id, wrapped from data_keys
   where environment_id = $1 and purpose = $2 order by version desc limit 1`,
  (row) => wrappedKeyRow.parse(row),
);

export const dataKeyOfVersion = statement(
  'keyring.data_key_of_version',
  `select version, key_id, root_key_id, wrapped from data_keys
   where environment_id = $1 and purpose = $2 and version = $3`,
  (row) => wrappedKeyRow.parse(row),
);

/** Touches no row when another node made this version first, or the environment is being deleted. */
export const insertDataKey = statement(
  'keyring.insert_data_key',
  `insert into data_keys (environment_id, purpose, version, key_id, root_key_id, wrapped, created_at)
   select $1::text, $2, $3, $4, $5, $6, $7 where not environment_is_erased($1) on conflict do nothing`,
  none,
);

export const dataKeysOfOtherRoots = statement(
  'keyring.data_keys_of_other_roots',
  `select purpose, version, key_id, root_key_id, wrapped from data_keys
   where environment_id = $1 and root_key_id <> $2 order by purpose, version limit $3`,
  (row) => namedWrappedKeyRow.parse(row),
);

/** Touches no row when another node rewrapped this key first. */
export const replaceDataKeyWrapping = statement(
  'keyring.replace_data_key_wrapping',
  `update data_keys set wrapped = $5, root_key_id = $6
   where environment_id = $1 and purpose = $2 and version = $3 and root_key_id = $4`,
  none,
);

export const rootKeysInUse = statement(
  'keyring.root_keys_in_use',
  `select root_key_id, count(*) as keys from (
     select root_key_id from data_keys union all select root_key_id from installation_keys
   ) as wrapped_keys group by root_key_id order by root_key_id`,
  (row) => rootKeyRow.parse(row),
);

export const installationKeys = statement(
  'keyring.installation_keys',
  `select version, key_id, root_key_id, wrapped from installation_keys
   where purpose = $1 order by version desc limit $2`,
  (row) => wrappedKeyRow.parse(row),
);

export const insertInstallationKey = statement(
  'keyring.insert_installation_key',
  `insert into installation_keys (purpose, version, key_id, root_key_id, wrapped, created_at)
   values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
  none,
);

export const installationKeysOfOtherRoots = statement(
  'keyring.installation_keys_of_other_roots',
  `select purpose, version, key_id, root_key_id, wrapped from installation_keys
   where root_key_id <> $1 order by purpose, version limit $2`,
  (row) => namedWrappedKeyRow.parse(row),
);

export const replaceInstallationKeyWrapping = statement(
  'keyring.replace_installation_key_wrapping',
  `update installation_keys set wrapped = $4, root_key_id = $5
   where purpose = $1 and version = $2 and root_key_id = $3`,
  none,
);

export const eraseDataKeys = statement(
  'keyring.erase_data_keys',
  eraseRows('data_keys', ['purpose', 'version']),
  none,
);

/** Destroys the data keys of an environment that is over: from then on nothing that they sealed can be opened. */
export const keyringErasure = erasureOf({
  data_keys: eraseDataKeys,
});
