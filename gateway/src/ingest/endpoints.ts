import { parseSecret, SchemeFault, type SchemeName, type SchemeSecret } from '@sallyport/schemes';
import {
  type Actor,
  type AddressRanges,
  type AuditPort,
  type Clock,
  createMemory,
  createRanges,
  type EndpointId,
  type EnvironmentId,
  Fault,
  isoTime,
  type JsonValue,
  type Limits,
  newId,
  openSecretText,
  type Page,
  rangeProblems,
  type Secret,
  type Transaction,
} from '#base';
import { type Environments, refuseForeignTag } from '#environments';
import type { Keyring } from '#keyring';
import { type PlatformProfile, platformNamed } from '#platforms';
import type { Store } from '#store';
import type { Callers } from './callers.ts';
import {
  deleteEndpointSecrets,
  type EndpointRow,
  insertEndpoint,
  insertEndpointSecret,
  selectEndpoint,
  selectEndpointForUpdate,
  selectEndpointInUse,
  selectEndpointSecrets,
  selectEndpoints,
  updateEndpointAddresses,
  updateEndpointState,
} from './queries.ts';

export type EndpointState = 'active' | 'paused';

/** An endpoint as it can be shown: everything but its secret. */
export interface EndpointView {
  readonly id: EndpointId;
  readonly platform: string;
  readonly name: string;
  readonly state: EndpointState;
  /** CIDR ranges; none means from anywhere. */
  readonly allowedAddresses: readonly string[];
  readonly createdAtMs: number;
}

/** An endpoint ready to verify with. */
export interface EndpointInUse {
  readonly id: EndpointId;
  readonly environment: EnvironmentId;
  readonly platform: PlatformProfile;
  readonly state: EndpointState;
  /** From where it may be called; `null` means from anywhere. */
  readonly ranges: AddressRanges | null;
  readonly secrets: readonly SchemeSecret[];
  /** Headers that are kept besides those of every webhook, in lower case. */
  readonly keptHeaders: ReadonlySet<string>;
}

export interface EndpointTarget {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
}

/** What is to be different. The secret is replaced at once. */
export interface EndpointChange extends EndpointTarget {
  readonly state?: EndpointState | undefined;
  readonly secret?: Secret | undefined;
  readonly allowedAddresses?: readonly string[] | undefined;
  /** Even if the allowlist refuses somebody whose webhooks were verified within the last day. */
  readonly force?: boolean | undefined;
}

export interface EndpointPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly callers: Pick<Callers, 'flush' | 'countLockedOut'>;
}

/** Addresses where webhooks come in. */
export interface Endpoints {
  /** `PLATFORM_UNKNOWN`, `INVALID_REQUEST` (a field is not as it must be, the name another kind's), `CONFLICT` (name taken). */
  create(
    endpoint: {
      environment: EnvironmentId;
      platform: string;
      name: string;
      secret: Secret;
      allowedAddresses?: readonly string[] | undefined;
    },
    actor: Actor,
  ): Promise<EndpointView>;
  list(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<EndpointView>>;
  get(target: EndpointTarget): Promise<EndpointView>;
  /**
   * Changes all that is named, or nothing. `ENDPOINT_NOT_FOUND`, `INVALID_REQUEST`, `LOCKS_OUT_CALLER` when its allowlist
   * would refuse somebody whose webhooks were verified within the last day, unless forced.
   */
  change(change: EndpointChange, actor: Actor): Promise<EndpointView>;
}

/** Administration, and the endpoint that a webhook names; `null` when there is none. */
export function createEndpoints(ports: EndpointPorts): Endpoints & {
  inUse(endpoint: EndpointId): Promise<EndpointInUse | null>;
} {
  const { store, keyring, environments, audit, limits, clock, callers } = ports;
  const memory = createMemory<EndpointId, EndpointInUse>({
    itemsMax: limits.keyCacheItemsMax,
    trustMs: limits.keyCacheMs,
    clock,
    ask: (endpoint) => open(ports, endpoint),
  });

  const insertSecret = async (
    tx: Transaction,
    target: EndpointTarget,
    sealed: { id: string; bytes: Buffer },
  ) => {
    const values = [target.environment, target.endpoint, sealed.id, sealed.bytes, new Date(clock.now())];
    await tx.run(insertEndpointSecret, values);
  };
  const seal = async ({ environment, endpoint }: EndpointTarget, bytes: Uint8Array) => {
    const id = newId('secret', clock);
    const sealer = await keyring.sealer(environment, 'endpoints');
    return { id, bytes: Buffer.from(sealer.seal(contextOf(endpoint, id), bytes)) };
  };
  const get = async ({ environment, endpoint }: EndpointTarget): Promise<EndpointView> => {
    const row = await store.transaction(environment, (tx) => tx.row(selectEndpoint, [environment, endpoint]));
    if (row === null) throw new Fault('ENDPOINT_NOT_FOUND');
    return viewOf(row);
  };

  return {
    inUse: (endpoint) => memory.get(endpoint),

    async create({ environment, platform, name, secret, allowedAddresses = [] }, actor) {
      const { scheme } = platformNamed(platform);
      refuseForeignTag(name, (await environments.get(environment)).kind);
      const bytes = secretBytes(scheme, secret);
      checkAddresses(allowedAddresses);
      const endpoint = newId('endpoint', clock);
      const createdAtMs = clock.now();
      const sealed = await seal({ environment, endpoint }, bytes);
      await store.transaction(environment, async (tx) => {
        const values = [environment, endpoint, platform, name, new Date(createdAtMs), allowedAddresses];
        if ((await tx.run(insertEndpoint, values)) === 0)
          throw new Fault('CONFLICT', { detail: 'The environment has an endpoint of this name.' });
        await insertSecret(tx, { environment, endpoint }, sealed);
        const act = {
          action: 'endpoint.created',
          actor,
          resource: `endpoint:${endpoint}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, {
          ...act,
          details: {
            platform,
            name,
            at: isoTime(createdAtMs),
            allowedAddresses: [...allowedAddresses],
          },
        });
      });
      return { id: endpoint, platform, name, state: 'active', allowedAddresses, createdAtMs };
    },

    async list({ environment, after, limit }) {
      const values = [environment, after ?? null, limit + 1];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectEndpoints, values));
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    get,

    async change({ state, secret, allowedAddresses, force = false, ...target }, actor) {
      const { environment, endpoint } = target;
      const { platform } = await get(target);
      if (allowedAddresses !== undefined) {
        checkAddresses(allowedAddresses);
        await callers.flush();
      }
      // Sealed before the transaction: a data key that isn't in memory is read in one of its own.
      const { scheme } = platformNamed(platform);
      const sealed = secret === undefined ? null : await seal(target, secretBytes(scheme, secret));
      const changed = await store.transaction(environment, async (tx) => {
        const row = await tx.row(selectEndpointForUpdate, [environment, endpoint]);
        if (row === null) throw new Fault('ENDPOINT_NOT_FOUND');
        const record = (details: { [name: string]: JsonValue }): Promise<void> =>
          audit.record(tx, environment, {
            action: 'endpoint.changed',
            actor,
            resource: `endpoint:${endpoint}`,
            outcome: 'success',
            details,
          });
        if (allowedAddresses !== undefined) {
          const lists = { before: row.allowed_addresses, after: allowedAddresses };
          const lockedOut = await callers.countLockedOut(tx, { ...target, ...lists });
          if (lockedOut > 0 && !force) throw locksOut(lockedOut);
          await tx.run(updateEndpointAddresses, [environment, endpoint, allowedAddresses]);
          await record({ changed: 'allowedAddresses', value: [...allowedAddresses], lockedOut });
        }
        if (sealed !== null) {
          await tx.run(deleteEndpointSecrets, [environment, endpoint]);
          await insertSecret(tx, target, sealed);
          await record({ changed: 'secret', value: sealed.id });
        }
        if (state !== undefined) {
          await tx.run(updateEndpointState, [environment, endpoint, state]);
          await record({ changed: 'state', value: state });
        }
        return (await tx.row(selectEndpoint, [environment, endpoint])) ?? row;
      });
      memory.forget(endpoint);
      return viewOf(changed);
    },
  };
}

function checkAddresses(texts: readonly string[]): void {
  const fields = rangeProblems(texts, 'body.allowedAddresses');
  if (fields.length > 0) throw new Fault('INVALID_REQUEST', { fields });
}

/** Says how many, and not who: they belong to somebody else than the one who asks. */
function locksOut(count: number): Fault {
  return new Fault('LOCKS_OUT_CALLER', {
    detail: `It would refuse ${count} caller(s) whose webhooks were verified within the last day.`,
  });
}

function contextOf(endpoint: EndpointId, secret: string) {
  return { record: `${endpoint}/${secret}`, field: 'secret' };
}

async function open({ store, keyring }: EndpointPorts, endpoint: EndpointId): Promise<EndpointInUse | null> {
  const found = await store.system(async (tx) => {
    const row = await tx.row(selectEndpointInUse, [endpoint]);
    if (row === null) return null;
    return { ...row, sealed: await tx.rows(selectEndpointSecrets, [row.environment_id, endpoint]) };
  });
  if (found === null) return null;
  const { environment_id: environment, state, allowed_addresses: texts } = found;
  const sealer = await keyring.sealer(environment, 'endpoints');
  const secrets: SchemeSecret[] = [];
  for (const { id, sealed_secret } of found.sealed) {
    secrets.push({ id, bytes: await sealer.open(contextOf(endpoint, id), sealed_secret) });
  }
  const ranges = texts.length === 0 ? null : createRanges(texts);
  return {
    id: endpoint,
    environment,
    platform: platformNamed(found.platform),
    state,
    ranges,
    secrets,
    keptHeaders: new Set(),
  };
}

function secretBytes(scheme: SchemeName, secret: Secret): Uint8Array {
  try {
    return parseSecret(scheme, openSecretText(secret));
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    throw new Fault('INVALID_REQUEST', {
      fields: [{ path: 'body.secret', problem: SECRET_PROBLEMS[thrown.code] ?? 'is not usable' }],
    });
  }
}

const SECRET_PROBLEMS: Readonly<Record<string, string>> = Object.freeze({
  SECRET_TOO_SHORT: 'is too short: at least 16 bytes, or signatures could be forged',
  SECRET_MALFORMED: 'does not have the form this platform gives its secrets',
});

function viewOf(row: EndpointRow): EndpointView {
  const { id, platform, name, state, allowed_addresses: allowedAddresses, created_at } = row;
  return { id, platform, name, state, allowedAddresses, createdAtMs: created_at.getTime() };
}
