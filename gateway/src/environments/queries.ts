import { z } from 'zod';
import { type EnvironmentId, isId, type OrganizationId } from '#base';
import { statement } from '#store';
import { KINDS } from './shapes.ts';

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
    created_at: z.date(),
  })
  .transform((row) =>
    Object.freeze({
      id: row.environment_id,
      organization: row.organization_id,
      name: row.name,
      kind: row.kind,
      region: row.region,
      createdAtMs: row.created_at.getTime(),
    }),
  );

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
  `select environment_id, organization_id, name, kind, region, created_at from environments
   where environment_id = $1`,
  (row) => environmentRow.parse(row),
);

export const environmentsAfter = statement(
  'environments.environments_after',
  `select environment_id, organization_id, name, kind, region, created_at from environments
   where environment_id > $1 order by environment_id limit $2`,
  (row) => environmentRow.parse(row),
);
