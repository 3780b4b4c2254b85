import {
  type Actor,
  type AuditPort,
  type Clock,
  type EnvironmentId,
  Fault,
  INSTALLATION,
  type Limits,
  newId,
  type OrganizationId,
} from '#base';
import type { Store } from '#store';
import { createLives, type Lives } from './lives.ts';
import {
  environmentsAfter,
  insertEnvironment,
  insertOrganization,
  organizationById,
  organizationsAfter,
} from './queries.ts';
import { createRemembered } from './remembered.ts';
import {
  type Environment,
  type EnvironmentKind,
  newEnvironment,
  newOrganization,
  type Organization,
  parsed,
} from './shapes.ts';

export interface NewEnvironment {
  readonly organization: OrganizationId;
  readonly name: string;
  readonly kind: EnvironmentKind;
  readonly region: string;
}

/** Organizations and their environments. */
export interface Environments extends Lives {
  /** Throws `INVALID_REQUEST`, or `CONFLICT` when the name is taken. */
  createOrganization(input: { name: string }, actor: Actor): Promise<Organization>;
  /** Throws `INVALID_REQUEST`, or `CONFLICT` when the organization has an environment of this name. */
  create(input: NewEnvironment, actor: Actor): Promise<Environment>;
  /**
   * Throws `ENVIRONMENT_NOT_FOUND`, also for one that is deleted. A change of state on any node is seen within a second:
   * what is remembered is used while the change feed vouches for it, else for `keyCacheMs`.
   */
  get(id: EnvironmentId): Promise<Environment>;
  /** Every environment, oldest first. */
  list(): Promise<Environment[]>;
  /** Every organization, oldest first. */
  listOrganizations(): Promise<Organization[]>;
}

export interface EnvironmentsPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
}

const PAGE_ITEMS = 500;
const PAGES_MAX = 200;

/** Makes the room of organizations and environments. */
export function createEnvironments(ports: EnvironmentsPorts): Environments {
  const { store, audit, clock } = ports;
  const remembered = createRemembered(ports);

  return Object.freeze({
    async createOrganization(input: { name: string }, actor: Actor): Promise<Organization> {
      const { name } = parsed(newOrganization, input);
      const made: Organization = Object.freeze({
        id: newId('organization', clock),
        name,
        createdAtMs: clock.now(),
      });
      await store.transaction(INSTALLATION, async (tx) => {
        const touched = await tx.run(insertOrganization, [made.id, name, new Date(made.createdAtMs)]);
        if (touched === 0) throw new Fault('CONFLICT', { detail: 'There is an organization of this name.' });
        const act = { action: 'organization.created', actor, resource: `organization:${made.id}` } as const;
        await audit.record(tx, INSTALLATION, { ...act, outcome: 'success', details: { name } });
      });
      return made;
    },

    async create(input: NewEnvironment, actor: Actor): Promise<Environment> {
      const { organization, name, kind, region } = parsed(newEnvironment, input);
      // Organizations are never removed, so what is seen here holds below; the foreign key says so as well.
      const owner = await store.system((tx) => tx.row(organizationById, [organization]));
      if (owner === null) {
        throw new Fault('INVALID_REQUEST', {
          fields: [{ path: 'organization', problem: 'there is none of this id' }],
        });
      }
      const id = newId('environment', clock);
      const made: Environment = Object.freeze({
        id,
        organization,
        name,
        kind,
        region,
        state: 'active',
        deleteAfterMs: null,
        createdAtMs: clock.now(),
      });
      await store.transaction(id, async (tx) => {
        const values = [id, organization, name, kind, region, new Date(made.createdAtMs)];
        if ((await tx.run(insertEnvironment, values)) === 0) {
          throw new Fault('CONFLICT', { detail: 'The organization has an environment of this name.' });
        }
        const act = { action: 'environment.created', actor, resource: `environment:${id}` } as const;
        await audit.record(tx, id, {
          ...act,
          outcome: 'success',
          details: { organization, name, kind, region },
        });
      });
      return made;
    },

    async get(id: EnvironmentId): Promise<Environment> {
      const found = await remembered(id);
      if (found === null) throw new Fault('ENVIRONMENT_NOT_FOUND');
      return found;
    },

    ...createLives(ports),
    list: () => everyPage((after) => store.system((tx) => tx.rows(environmentsAfter, [after, PAGE_ITEMS]))),
    listOrganizations: () =>
      everyPage((after) => store.system((tx) => tx.rows(organizationsAfter, [after, PAGE_ITEMS]))),
  });
}

/** Reads page after page; ids sort by creation. */
async function everyPage<Item extends { readonly id: string }>(
  page: (after: string) => Promise<Item[]>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const more = await page(items.at(-1)?.id ?? '');
    items.push(...more);
    if (more.length < PAGE_ITEMS) return items;
  }
  throw new Fault('INTERNAL', { cause: new Error('There are more than a list may give.') });
}
