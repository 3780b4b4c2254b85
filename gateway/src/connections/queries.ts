import { z } from 'zod';
import { type ConnectionId, type EnvironmentId, isId } from '#base';
import { eraseRows, erasureOf, statement } from '#store';
import { REQUEST_CHECKS } from './request-checks.ts';

const connectionRow = z.object({
  id: z.custom<ConnectionId>((value) => isId('connection', value)),
  platform: z.string(),
  name: z.string(),
  base_url: z.string(),
  credential_version: z.number().int(),
  sealed_credential: z.instanceof(Uint8Array),
  request_checks: z.enum(REQUEST_CHECKS),
  created_at: z.date(),
  changed_at: z.date(),
});

export type ConnectionRow = z.output<typeof connectionRow>;

const tokenRow = z.object({
  credential_version: z.number().int(),
  generation: z.coerce.number().int(),
  sealed_token: z.instanceof(Uint8Array),
  expires_at: z.date(),
});

export type TokenRow = z.output<typeof tokenRow>;

// Made once: making a schema takes far longer than reading a row with it.
const generationRow = z.object({ generation: z.coerce.number().int() });

const COLUMNS =
  'id, platform, name, base_url, credential_version, sealed_credential, request_checks, created_at, changed_at';
const none = (): null => null;

/** Inserts nothing when the name is taken. */
export const insertConnection = statement(
  'connections.insert',
  `insert into connections (environment_id, id, platform, name, base_url, credential_version, sealed_credential, request_checks, credential_mac, created_at, changed_at)
   values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $9)
   on conflict (environment_id, name) do nothing`,
  none,
);

export const selectConnection = statement(
  'connections.select',
  `select ${COLUMNS} from connections where environment_id = $1 and id = $2`,
  (row) => connectionRow.parse(row),
);

export const selectConnectionForUpdate = statement(
  'connections.select_for_update',
  `select ${COLUMNS} from connections where environment_id = $1 and id = $2 for no key update`,
  (row) => connectionRow.parse(row),
);

export const selectConnections = statement(
  'connections.select_page',
  `select ${COLUMNS} from connections
   where environment_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
  (row) => connectionRow.parse(row),
);

export const updateBaseUrl = statement(
  'connections.update_base_url',
  `update connections set base_url = $3, credential_version = credential_version + 1, changed_at = $4
   where environment_id = $1 and id = $2`,
  none,
);

export const updateCredential = statement(
  'connections.update_credential',
  `update connections
   set sealed_credential = $3, credential_version = credential_version + 1, changed_at = $4, credential_mac = $5
   where environment_id = $1 and id = $2`,
  none,
);

/** The credential is the same one, so the token stays. */
export const updateRequestChecks = statement(
  'connections.update_request_checks',
  `update connections set request_checks = $3, changed_at = $4 where environment_id = $1 and id = $2`,
  none,
);

const holderRow = z.object({
  environment_id: z.custom<EnvironmentId>((value) => isId('environment', value)),
});

/** System role: which environments but `$2` have a credential of one of these MACs, whatever their number. */
export const selectCredentialHolders = statement(
  'connections.select_credential_holders',
  `select distinct environment_id from connections where credential_mac = any($1::bytea[]) and environment_id <> $2`,
  (row) => holderRow.parse(row).environment_id,
);

export const deleteConnection = statement(
  'connections.delete',
  `delete from connections where environment_id = $1 and id = $2`,
  none,
);

export const selectToken = statement(
  'connections.select_token',
  `select credential_version, generation, sealed_token, expires_at from platform_tokens
   where environment_id = $1 and connection_id = $2`,
  (row) => tokenRow.parse(row),
);

/**
 * Keeps a token while its connection still has the credential (`$3`) it was obtained with; gives its generation. The
 * share lock makes a change or removal of the connection wait, so that none leaves a token behind.
 */
export const upsertToken = statement(
  'connections.upsert_token',
  `insert into platform_tokens (environment_id, connection_id, credential_version, generation, sealed_token, obtained_at, expires_at)
   select environment_id, id, credential_version, 1, $4, $5, $6 from connections
   where environment_id = $1 and id = $2 and credential_version = $3 for share
   on conflict (environment_id, connection_id) do update
   set credential_version = excluded.credential_version, generation = platform_tokens.generation + 1,
       sealed_token = excluded.sealed_token, obtained_at = excluded.obtained_at, expires_at = excluded.expires_at
   returning generation`,
  (row) => generationRow.parse(row).generation,
);

export const deleteToken = statement(
  'connections.delete_token',
  `delete from platform_tokens where environment_id = $1 and connection_id = $2`,
  none,
);

export const erasePlatformTokens = statement(
  'connections.erase_platform_tokens',
  eraseRows('platform_tokens', ['connection_id']),
  none,
);
export const eraseConnections = statement(
  'connections.erase_connections',
  eraseRows('connections', ['id']),
  none,
);

/** Deletes the connections of an environment that is over. */
export const connectionsErasure = erasureOf({
  platform_tokens: erasePlatformTokens,
  connections: eraseConnections,
});
