import { z } from 'zod';
import { type EnvironmentId, isId, type OrganizationId } from '#base';
import { statement } from '#store';
import { KINDS, STATES } from './shapes.ts';

const environmentColumn = z.custom<EnvironmentId>((value) => isId('environment', value));
const organizationColumn = z.custom<OrganizationId>((value) => isId('organization', value));

const organizationRow = z
  .object({ id: organizationColumn, name: z.string(), created_at: z.date() })
  .transform((row) => Object.freeze({ id: row.id, name: row.name, createdAtMs: row.created_at.getTime() }));

const environmentRow = z
  .object({
    environment_id: environmentColumn,
    organization_id: organizationColumn,
    name: z.string(),
    kind: z.enum(KINDS),
    region: z.string(),
    state: z.enum(STATES),
    delete_after: z.date().nullable(),
    created_at: z.date(),
  })
  .transform((row) =>
    Object.freeze({
      id: row.environment_id,
      organization: row.organization_id,
      name: row.name,
      kind: row.kind,
      region: row.region,
      state: row.state,
      deleteAfterMs: row.delete_after?.getTime() ?? null,
      createdAtMs: row.created_at.getTime(),
    }),
  );

const ENVIRONMENT_COLUMNS =
  'environment_id, organization_id, name, kind, region, state, delete_after, created_at';
const none = (): null => null;

/** Touches no row when the name is taken. */
export const insertOrganization = statement(
  'environments.insert_organization',
  'insert into organizations (id, name, created_at) values ($1, $2, $3) on conflict do nothing',
  none,
);

export const organizationById = statement(
  'environments.organization_by_id',
  'select id, name, created_at from organizations where id = $1',
  (row) => organizationRow.parse(row),
);

export const organizationsAfter = statement(
  'environments.organizations_after',
  'select id, name, created_at from organizations where id > $1 order by id limit $2',
  (row) => organizationRow.parse(row),
);

/** Touches no row when the organization has an environment of this name. */
export const insertEnvironment = statement(
  'environments.insert_environment',
  `insert into environments (environment_id, organization_id, name, kind, region, created_at)
   values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
  none,
);

export const environmentById = statement(
  'environments.environment_by_id',
  `select ${ENVIRONMENT_COLUMNS} from environments where environment_id = $1 and state <> 'deleted'`,
  (row) => environmentRow.parse(row),
);

export const environmentsAfter = statement(
  'environments.environments_after',
  `select ${ENVIRONMENT_COLUMNS} from environments
   where environment_id > $1 and state <> 'deleted' order by environment_id limit $2`,
  (row) => environmentRow.parse(row),
);

/** Holds it until the transaction ends: changes of its life take turns. */
export const environmentForUpdate = statement(
  'environments.environment_for_update',
  `select ${ENVIRONMENT_COLUMNS} from environments
   where environment_id = $1 and state <> 'deleted' and erasing_at is null for update`,
  (row) => environmentRow.parse(row),
);

/** `$3` is the delay of a deletion in seconds, or null; it counts by the database's clock. */
export const updateState = statement(
  'environments.update_state',
  `update environments set state = $2, delete_after = now() + make_interval(secs => $3::int)
   where environment_id = $1 and erasing_at is null`,
  none,
);

const overRow = z.object({
  environment_id: environmentColumn,
  state: z.enum(['deleting', 'deleted']),
  has_begun: z.boolean(),
});

/**
 * System role: those whose delay is over, and those that were deleted within the last day, since a node that was held
 * up may have written something late.
 */
export const environmentsOver = statement(
  'environments.environments_over',
  `select environment_id, state, erasing_at is not null as has_begun from environments
   where state <> 'active' and (state = 'deleting' and delete_after <= now()
     or state = 'deleted' and deleted_at > now() - interval '1 day')
   order by environment_id limit $1`,
  (row) => overRow.parse(row),
);

/** In a transaction of the installation. Touches no row when the deletion was cancelled, or has begun already. */
export const beginErasure = statement(
  'environments.begin_erasure',
  `update environments set erasing_at = now(), log_size = $2, log_root = $3
   where environment_id = $1 and state = 'deleting' and delete_after <= now() and erasing_at is null`,
  none,
);

/** As the eraser: adds the numbers `$3` of rows deleted from the tables `$2`. */
export const addErased = statement(
  'environments.add_erased',
  `update environments set erased = erased || (
     select jsonb_object_agg(t.name, coalesce((erased ->> t.name)::bigint, 0) + t.rows)
     from unnest($2::text[], $3::bigint[]) as t (name, rows))
   where environment_id = $1`,
  none,
);

const endedRow = z
  .object({
    organization_id: organizationColumn,
    name: z.string(),
    kind: z.enum(KINDS),
    region: z.string(),
    log_size: z.number().nullable(),
    log_root: z.string().nullable(),
    erased: z.record(z.string(), z.number().int()),
  })
  .transform((row) => ({
    organization: row.organization_id,
    name: row.name,
    kind: row.kind,
    region: row.region,
    log: { size: row.log_size, root: row.log_root },
    erased: row.erased,
  }));

/** In a transaction of the installation: the tombstone. */
export const endEnvironment = statement(
  'environments.end',
  `update environments set state = 'deleted', deleted_at = now()
   where environment_id = $1 and state = 'deleting' and erasing_at is not null
   returning organization_id, name, kind, region, log_size, log_root, erased`,
  (row) => endedRow.parse(row),
);
