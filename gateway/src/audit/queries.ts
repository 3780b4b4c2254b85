import { z } from 'zod';
import { type EnvironmentId, isId } from '#base';
import { eraseRows, erasureOf, statement } from '#store';

const environmentColumn = z.custom<EnvironmentId>((value) => isId('environment', value));
const bytesColumn = z.instanceof(Uint8Array);
/** `bigint` comes as text; the log of one environment stays far below 2^53 entries. */
const countColumn = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const none = (): null => null;

export const insertPending = statement(
  'audit.insert_pending',
  `insert into audit_pending (environment_id, id, recorded_at, action, resource, entry) values ($1, $2, $3, $4, $5, $6)`,
  none,
);

export const insertPendings = statement(
  'audit.insert_pendings',
  `insert into audit_pending (environment_id, id, recorded_at, action, resource, entry)
   select $1, id, recorded_at, action, resource, entry
   from unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[])
     as t (id, recorded_at, action, resource, entry)`,
  none,
);

const environmentRow = z.object({ environment_id: environmentColumn });

/** System role: where there is something to integrate. */
export const selectPendingEnvironments = statement(
  'audit.select_pending_environments',
  `with recursive found as (
     (select environment_id from audit_pending order by environment_id limit 1)
     union all
     select (select p.environment_id from audit_pending p where p.environment_id > e.environment_id
             order by p.environment_id limit 1)
     from found e where e.environment_id is not null
   ) select environment_id from found where environment_id is not null`,
  (row) => environmentRow.parse(row).environment_id,
);

export const selectUnsignedEnvironments = statement(
  'audit.select_unsigned_environments',
  `select environment_id from audit_trees where size > signed_size or signed_at < $1`,
  (row) => environmentRow.parse(row).environment_id,
);

const leafRow = z.object({ leaf_index: countColumn, leaf: bytesColumn });

/**
 * Gives entries their places from $2 on, at most $3 of them, in the order of their ids, and gives back the leaves. Their
 * bytes stay where they are: to read, parse and write each of them again held up the event loop for tens of milliseconds at
 * a time. The leaf is RFC 6962's, as `leafHash` makes it. What a node of the version before wrote has no columns to be found by.
 */
export const placePending = statement(
  'audit.place_pending',
  `with taken as (
     delete from audit_pending where environment_id = $1 and id in
       (select id from audit_pending where environment_id = $1 order by id limit $3)
     returning id, action, resource, entry
   ), placed as (
     select $2::bigint + row_number() over (order by id collate "C") - 1 as leaf_index, sha256('\\x00'::bytea || entry) as leaf,
       coalesce(action, convert_from(entry, 'UTF8')::json ->> 'action') as action,
       case when action is null then convert_from(entry, 'UTF8')::json ->> 'resource' else resource end as resource, entry
     from taken
   ), written as (
     insert into audit_entries (environment_id, leaf_index, leaf, action, resource, entry)
     select $1, leaf_index, leaf, action, resource, entry from placed
   ) select leaf_index, leaf from placed order by leaf_index`,
  (row) => leafRow.parse(row),
);

const treeRow = z.object({
  size: countColumn,
  frontier: bytesColumn,
  signed_size: countColumn,
  signed_at: z.date().nullable(),
});

export type TreeRow = z.output<typeof treeRow>;

/**
 * Makes the row that sequencers lock: a lock on a row that isn't there would keep nobody out. Not for an environment that
 * is being deleted: a log that begins anew would look like one that was cut off.
 */
export const insertTree = statement(
  'audit.insert_tree',
  `insert into audit_trees (environment_id, size, frontier) select $1::text, 0, $2 where not environment_is_erased($1)
   on conflict do nothing`,
  none,
);

export const selectTreeForUpdate = statement(
  'audit.select_tree_for_update',
  `select size, frontier, signed_size, signed_at from audit_trees where environment_id = $1 for update`,
  (row) => treeRow.parse(row),
);

export const updateTree = statement(
  'audit.update_tree',
  `update audit_trees set size = $2, frontier = $3, signed_size = $4, signed_at = $5 where environment_id = $1`,
  none,
);

export const insertCheckpoint = statement(
  'audit.insert_checkpoint',
  `insert into audit_checkpoints (environment_id, size, note) values ($1, $2, $3) on conflict do nothing`,
  none,
);

const checkpointRow = z.object({ size: countColumn, note: z.string() });

export const selectLastCheckpoint = statement(
  'audit.select_last_checkpoint',
  `select size, note from audit_checkpoints where environment_id = $1 order by size desc limit 1`,
  (row) => checkpointRow.parse(row),
);

export const selectCheckpoints = statement(
  'audit.select_checkpoints',
  `select size, note from audit_checkpoints where environment_id = $1 and size > $2 and size <= $3 order by size limit $4`,
  (row) => checkpointRow.parse(row),
);

export const selectLeaves = statement(
  'audit.select_leaves',
  `select leaf_index, leaf from audit_entries where environment_id = $1 and leaf_index >= $2 and leaf_index < $3
   order by leaf_index`,
  (row) => leafRow.parse(row),
);

const entryRow = z.object({ leaf_index: countColumn, entry: bytesColumn });

export const selectEntries = statement(
  'audit.select_entries',
  `select leaf_index, entry from audit_entries where environment_id = $1 and leaf_index >= $2 and leaf_index < $3
   order by leaf_index`,
  (row) => entryRow.parse(row),
);

export const selectEntriesBefore = statement(
  'audit.select_entries_before',
  `select leaf_index, entry from audit_entries
   where environment_id = $1 and ($2::bigint is null or leaf_index < $2) and ($3::text is null or action = $3)
   order by leaf_index desc limit $4`,
  (row) => entryRow.parse(row),
);

export const selectEntriesOfResource = statement(
  'audit.select_entries_of_resource',
  `select leaf_index, entry from audit_entries
   where environment_id = $1 and ($2::bigint is null or leaf_index < $2) and ($3::text is null or action = $3)
     and resource = $5
   order by leaf_index desc limit $4`,
  (row) => entryRow.parse(row),
);

export const selectSigner = statement(
  'audit.select_signer',
  `select verifier_key, sealed_key from audit_signers where environment_id = $1`,
  (row) => z.object({ verifier_key: z.string(), sealed_key: bytesColumn }).parse(row),
);

export const insertSigner = statement(
  'audit.insert_signer',
  `insert into audit_signers (environment_id, verifier_key, sealed_key) values ($1, $2, $3) on conflict do nothing`,
  none,
);

export const eraseAuditTrees = statement('audit.erase_audit_trees', eraseRows('audit_trees', []), none);
export const eraseAuditSigners = statement('audit.erase_audit_signers', eraseRows('audit_signers', []), none);
export const eraseAuditPending = statement(
  'audit.erase_audit_pending',
  eraseRows('audit_pending', ['id']),
  none,
);
export const eraseAuditCheckpoints = statement(
  'audit.erase_audit_checkpoints',
  eraseRows('audit_checkpoints', ['size']),
  none,
);
export const eraseAuditEntries = statement(
  'audit.erase_audit_entries',
  eraseRows('audit_entries', ['leaf_index']),
  none,
);

/** Empties the log of an environment that is over: first what makes it grow, so that it is not begun anew meanwhile. */
export const auditErasure = erasureOf({
  audit_trees: eraseAuditTrees,
  audit_signers: eraseAuditSigners,
  audit_pending: eraseAuditPending,
  audit_checkpoints: eraseAuditCheckpoints,
  audit_entries: eraseAuditEntries,
});
