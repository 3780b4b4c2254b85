import type { Scheme } from '@sallyport/schemes';
import {
  type Actor,
  type AuditPort,
  type Clock,
  type EndpointId,
  type EnvironmentId,
  Fault,
  isoTime,
  type JsonValue,
  type Limits,
  newId,
  type Page,
  type ReadBack,
  rangeProblems,
  type Secret,
  type Transaction,
} from '#base';
import { type EnvironmentKind, type Environments, refuseForeignTag } from '#environments';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import type { Callers } from './callers.ts';
import type { EndpointState } from './endpoint-in-use.ts';
import { type SealedSecret, sealSecret } from './endpoint-secrets.ts';
import {
  DEFAULT_SETTINGS,
  type EndpointSettings,
  type EndpointSettingsChange,
  settingsByType,
  settingsWith,
} from './endpoint-settings.ts';
import {
  type EndpointRow,
  insertEndpoint,
  selectEndpoint,
  selectEndpointForUpdate,
  selectEndpoints,
  updateEndpointAddresses,
  updateEndpointSettings,
  updateEndpointState,
} from './queries.ts';
import { missingFor, namesTypes, schemeOf, secretBytes } from './scheme-of.ts';
import { deleteEndpointSecrets, insertEndpointSecret } from './secret-queries.ts';

/** An endpoint as it can be shown: everything but its secrets. */
export interface EndpointView extends EndpointSettings {
  readonly id: EndpointId;
  readonly platform: string;
  /** The configuration of a generic scheme; `null` where the platform names the scheme. */
  readonly scheme: unknown;
  readonly name: string;
  readonly state: EndpointState;
  /** CIDR ranges; none means from anywhere. */
  readonly allowedAddresses: readonly string[];
  readonly createdAtMs: number;
}

export interface EndpointTarget {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
}

export interface NewEndpoint extends EndpointSettingsChange {
  readonly environment: EnvironmentId;
  /** A scheme of `@sallyport/schemes`, `generic` or `unsigned`. */
  readonly platform: string;
  /** How `generic` is signed. */
  readonly scheme?: unknown;
  readonly name: string;
  /** As the platform has it; none where nothing is signed or the keys are the platform's. */
  readonly secret?: Secret | undefined;
  readonly allowedAddresses?: readonly string[] | undefined;
}

/** What is to be different. The secret is replaced at once; to let two overlap, add one. */
export interface EndpointChange extends EndpointTarget, EndpointSettingsChange {
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
  readonly readBack: Pick<ReadBack, 'knows'>;
  /** Told of an endpoint that has changed. */
  readonly forget: (endpoint: EndpointId) => void;
}

/** Addresses where webhooks come in. */
export interface Endpoints {
  /** `PLATFORM_UNKNOWN`, `INVALID_REQUEST` (a field is not as it must be, the name another kind's), `CONFLICT` (name taken). */
  create(endpoint: NewEndpoint, actor: Actor): Promise<EndpointView>;
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

/** Makes the administration of endpoints. */
export function createEndpoints(ports: EndpointPorts): Endpoints {
  const { store, environments, audit, limits, clock, callers, forget } = ports;

  const insertSecret = (tx: Transaction, target: EndpointTarget, sealed: SealedSecret): Promise<number> => {
    const values = [target.environment, target.endpoint, sealed.id, sealed.bytes, new Date(clock.now())];
    return tx.run(insertEndpointSecret, values);
  };
  /** Before any transaction: it asks another room. */
  const checkConnection = async (
    environment: EnvironmentId,
    { confirm }: EndpointSettingsChange,
  ): Promise<void> => {
    if (confirm === null || confirm === undefined) return;
    const { connection } = confirm;
    if (await ports.readBack.knows({ environment, connection })) return;
    const fields = [{ path: 'body.confirm.connection', problem: 'is no connection of this environment' }];
    throw new Fault('INVALID_REQUEST', { fields });
  };
  const get = async ({ environment, endpoint }: EndpointTarget): Promise<EndpointView> => {
    const row = await store.transaction(environment, (tx) => tx.row(selectEndpoint, [environment, endpoint]));
    if (row === null) throw new Fault('ENDPOINT_NOT_FOUND');
    return viewOf(row);
  };

  return {
    async create(
      { environment, platform, scheme = null, name, secret, allowedAddresses = [], ...change },
      actor,
    ) {
      const used = schemeOf(platform, scheme);
      const { kind } = await environments.get(environment);
      refuseForeignTag(name, kind);
      checkAddresses(allowedAddresses);
      const settings = settingsWith(DEFAULT_SETTINGS, change, limits);
      if (used === null && secret !== undefined) throw unsignedSecret();
      checkWhole({ scheme: used, hasSecret: secret !== undefined, settings, kind });
      await checkConnection(environment, change);
      const endpoint = newId('endpoint', clock);
      const createdAtMs = clock.now();
      const bytes = used === null || secret === undefined ? null : secretBytes(used, secret);
      const sealed = bytes === null ? null : await sealSecret(ports, { environment, endpoint }, bytes);
      await store.transaction(environment, async (tx) => {
        const values = [
          environment,
          endpoint,
          platform,
          name,
          new Date(createdAtMs),
          allowedAddresses,
          JSON.stringify(settings),
          scheme === null ? null : JSON.stringify(scheme),
        ];
        if ((await tx.run(insertEndpoint, values)) === 0)
          throw new Fault('CONFLICT', { detail: 'The environment has an endpoint of this name.' });
        if (sealed !== null) await insertSecret(tx, { environment, endpoint }, sealed);
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
            settings: namesOf(change),
          },
        });
      });
      return {
        id: endpoint,
        platform,
        scheme,
        name,
        state: 'active',
        allowedAddresses,
        createdAtMs,
        ...settings,
      };
    },

    async list({ environment, after, limit }) {
      const values = [environment, after ?? null, limit + 1];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectEndpoints, values));
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    get,

    async change(
      { state, secret, allowedAddresses, force = false, environment, endpoint, ...change },
      actor,
    ) {
      const target = { environment, endpoint };
      const [{ platform, scheme }, { kind }] = await Promise.all([
        get(target),
        environments.get(environment),
      ]);
      if (allowedAddresses !== undefined) {
        checkAddresses(allowedAddresses);
        await callers.flush();
      }
      await checkConnection(environment, change);
      // Sealed before the transaction: a data key that isn't in memory is read in one of its own.
      const used = schemeOf(platform, scheme);
      if (secret !== undefined && used === null) throw unsignedSecret();
      const bytes = secret === undefined || used === null ? null : secretBytes(used, secret);
      const sealed = bytes === null ? null : await sealSecret(ports, target, bytes);
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
        const names = namesOf(change);
        if (names.length > 0) {
          const settings = settingsWith(row.settings, change, limits);
          checkWhole({ scheme: used, hasSecret: true, settings, kind });
          await tx.run(updateEndpointSettings, [environment, endpoint, JSON.stringify(settings)]);
          await record({ changed: 'settings', value: names });
        }
        if (state !== undefined) {
          await tx.run(updateEndpointState, [environment, endpoint, state]);
          await record({ changed: 'state', value: state });
        }
        return (await tx.row(selectEndpoint, [environment, endpoint])) ?? row;
      });
      forget(endpoint);
      return viewOf(changed);
    },
  };
}

/** The names of what is set: values may name people and amounts, which don't belong into the log. */
function namesOf(change: EndpointSettingsChange): string[] {
  return Object.entries(change)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}

interface Whole {
  readonly scheme: Scheme | null;
  readonly hasSecret: boolean;
  readonly settings: EndpointSettings;
  readonly kind: EnvironmentKind;
}

/** What can't be right together, whatever each is alone. */
function checkWhole({ scheme, hasSecret, settings, kind }: Whole): void {
  const { url, parameters, confirm } = settings;
  const fields = scheme === null ? [] : missingFor(scheme, { url, parameters, hasSecret, kind });
  if (!namesTypes(scheme))
    for (const path of settingsByType(settings))
      fields.push({
        path: `body.${path}`,
        problem: "can't be by type: its messages name none, so * is all there is",
      });
  if (scheme === null && confirm === null)
    fields.push({
      path: 'body.confirm',
      problem: 'is needed where nothing is signed: anybody could send anything',
    });
  if (fields.length > 0) throw new Fault('INVALID_REQUEST', { fields });
}

function unsignedSecret(): Fault {
  return new Fault('INVALID_REQUEST', {
    fields: [{ path: 'body.secret', problem: 'is of no use where nothing is signed' }],
  });
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

function viewOf(row: EndpointRow): EndpointView {
  const {
    id,
    platform,
    name,
    state,
    allowed_addresses: allowedAddresses,
    created_at,
    scheme,
    settings,
  } = row;
  return {
    id,
    platform,
    scheme,
    name,
    state,
    allowedAddresses,
    createdAtMs: created_at.getTime(),
    ...settings,
  };
}
