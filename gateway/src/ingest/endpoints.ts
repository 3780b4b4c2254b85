import { parseSecret, SchemeFault, type SchemeName, type SchemeSecret } from '@sallyport/schemes';
import {
  type Actor,
  type AuditPort,
  type Clock,
  createMemory,
  type EndpointId,
  type EnvironmentId,
  Fault,
  isoTime,
  type Limits,
  newId,
  openSecretText,
  type Page,
  type Secret,
  type Transaction,
} from '#base';
import { type Environments, refuseForeignTag } from '#environments';
import type { Keyring } from '#keyring';
import { type PlatformProfile, platformNamed } from '#platforms';
import type { Store } from '#store';
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
  updateEndpointState,
} from './queries.ts';

export type EndpointState = 'active' | 'paused';

/** An endpoint as it can be shown: everything but its secret. */
export interface EndpointView {
  readonly id: EndpointId;
  readonly platform: string;
  readonly name: string;
  readonly state: EndpointState;
  readonly createdAtMs: number;
}

/** An endpoint ready to verify with. */
export interface EndpointInUse {
  readonly id: EndpointId;
  readonly environment: EnvironmentId;
  readonly platform: PlatformProfile;
  readonly state: EndpointState;
  readonly secrets: readonly SchemeSecret[];
}

export interface EndpointTarget {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
}

export interface EndpointPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** Addresses where webhooks come in. */
export interface Endpoints {
  /** `PLATFORM_UNKNOWN`, `INVALID_REQUEST` (the secret is too short or malformed, the name another kind's), `CONFLICT` (name taken). */
  create(
    endpoint: { environment: EnvironmentId; platform: string; name: string; secret: Secret },
    actor: Actor,
  ): Promise<EndpointView>;
  list(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<EndpointView>>;
  get(target: EndpointTarget): Promise<EndpointView>;
  /** Replaces the secret at once. */
  setSecret(change: EndpointTarget & { secret: Secret }, actor: Actor): Promise<EndpointView>;
  setState(change: EndpointTarget & { state: EndpointState }, actor: Actor): Promise<EndpointView>;
}

/** Administration, and the endpoint that a webhook names; `null` when there is none. */
export function createEndpoints(ports: EndpointPorts): Endpoints & {
  inUse(endpoint: EndpointId): Promise<EndpointInUse | null>;
} {
  const { store, keyring, environments, audit, limits, clock } = ports;
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
  const change = async (
    { environment, endpoint }: EndpointTarget,
    actor: Actor,
    work: (tx: Transaction) => Promise<{ changed: string; value: string | null }>,
  ): Promise<EndpointView> => {
    const view = await store.transaction(environment, async (tx) => {
      const row = await tx.row(selectEndpointForUpdate, [environment, endpoint]);
      if (row === null) throw new Fault('ENDPOINT_NOT_FOUND');
      const details = await work(tx);
      const act = {
        action: 'endpoint.changed',
        actor,
        resource: `endpoint:${endpoint}`,
        outcome: 'success',
      } as const;
      await audit.record(tx, environment, { ...act, details });
      return viewOf((await tx.row(selectEndpoint, [environment, endpoint])) ?? row);
    });
    memory.forget(endpoint);
    return view;
  };

  const get = async ({ environment, endpoint }: EndpointTarget): Promise<EndpointView> => {
    const row = await store.transaction(environment, (tx) => tx.row(selectEndpoint, [environment, endpoint]));
    if (row === null) throw new Fault('ENDPOINT_NOT_FOUND');
    return viewOf(row);
  };

  return {
    inUse: (endpoint) => memory.get(endpoint),

    async create({ environment, platform, name, secret }, actor) {
      const { scheme } = platformNamed(platform);
      refuseForeignTag(name, (await environments.get(environment)).kind);
      const bytes = secretBytes(scheme, secret);
      const endpoint = newId('endpoint', clock);
      const createdAtMs = clock.now();
      const sealed = await seal({ environment, endpoint }, bytes);
      await store.transaction(environment, async (tx) => {
        const values = [environment, endpoint, platform, name, new Date(createdAtMs)];
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
          details: { platform, name, at: isoTime(createdAtMs) },
        });
      });
      return { id: endpoint, platform, name, state: 'active', createdAtMs };
    },

    async list({ environment, after, limit }) {
      const values = [environment, after ?? null, limit + 1];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectEndpoints, values));
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    get,

    async setSecret({ secret, ...target }, actor) {
      // Sealed before the transaction: a data key that isn't in memory is read in one of its own.
      const { platform } = await get(target);
      const sealed = await seal(target, secretBytes(platformNamed(platform).scheme, secret));
      return change(target, actor, async (tx) => {
        await tx.run(deleteEndpointSecrets, [target.environment, target.endpoint]);
        await insertSecret(tx, target, sealed);
        return { changed: 'secret', value: sealed.id };
      });
    },

    setState({ state, ...target }, actor) {
      return change(target, actor, async (tx) => {
        await tx.run(updateEndpointState, [target.environment, target.endpoint, state]);
        return { changed: 'state', value: state };
      });
    },
  };
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
  const { environment_id: environment, state } = found;
  const sealer = await keyring.sealer(environment, 'endpoints');
  const secrets: SchemeSecret[] = [];
  for (const { id, sealed_secret } of found.sealed) {
    secrets.push({ id, bytes: await sealer.open(contextOf(endpoint, id), sealed_secret) });
  }
  return { id: endpoint, environment, platform: platformNamed(found.platform), state, secrets };
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

function viewOf({ id, platform, name, state, created_at }: EndpointRow): EndpointView {
  return { id, platform, name, state, createdAtMs: created_at.getTime() };
}
