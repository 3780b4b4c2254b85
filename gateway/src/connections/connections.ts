import {
  type Actor,
  type AuditPort,
  type Clock,
  type ConnectionId,
  type EnvironmentId,
  Fault,
  type Limits,
  type Log,
  newId,
  type Page,
  type Statement,
  toFault,
} from '#base';
import { type EnvironmentKind, type Environments, refuseForeignTag } from '#environments';
import type { Keyring } from '#keyring';
import type { Outbound } from '#outbound';
import { type PlatformProfile, platformNamed } from '#platforms';
import type { Store } from '#store';
import { baseUrlFor } from './base-url.ts';
import { keptApart } from './credential-kinds.ts';
import { createCredentials } from './credentials.ts';
import { type ForwardCall, forward } from './forward.ts';
import type { ForwardAnswer } from './forward-answer.ts';
import {
  type ConnectionRow,
  deleteConnection,
  deleteToken,
  insertConnection,
  selectConnection,
  selectConnectionForUpdate,
  selectConnections,
  updateBaseUrl,
  updateCredential,
  updateRequestChecks,
} from './queries.ts';
import type { RequestChecks } from './request-checks.ts';
import { signIn } from './sign-in.ts';
import { createTokens } from './tokens.ts';

/** A connection as it can be shown: everything but its credential. */
export interface ConnectionView {
  readonly id: ConnectionId;
  readonly platform: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly requestChecks: RequestChecks;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

export interface Target {
  readonly environment: EnvironmentId;
  readonly connection: ConnectionId;
}

export interface ConnectionsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Environments;
  readonly outbound: Outbound;
  readonly audit: AuditPort;
  /** Hosts of the configuration that a connection may name besides the platform's own. */
  readonly declaredHosts: readonly string[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface NewConnection {
  readonly environment: EnvironmentId;
  readonly platform: string;
  readonly name: string;
  readonly credential: Readonly<Record<string, string>>;
  readonly baseUrl?: string | undefined;
  /** `lenient` unless said otherwise. */
  readonly requestChecks?: RequestChecks | undefined;
}

/** Credentials of platforms, in use but never shown. */
export interface Connections {
  /**
   * `PLATFORM_UNKNOWN`, `HOST_NOT_ALLOWED`, `INVALID_REQUEST` (credential fields, name), `CONFLICT` (name taken),
   * `CREDENTIAL_IN_USE_ELSEWHERE`.
   */
  create(connection: NewConnection, actor: Actor): Promise<ConnectionView>;
  list(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<ConnectionView>>;
  get(target: Target): Promise<ConnectionView>;
  setBaseUrl(change: Target & { baseUrl: string }, actor: Actor): Promise<ConnectionView>;
  setRequestChecks(change: Target & { requestChecks: RequestChecks }, actor: Actor): Promise<ConnectionView>;
  setCredential(
    change: Target & { credential: Readonly<Record<string, string>> },
    actor: Actor,
  ): Promise<ConnectionView>;
  remove(target: Target, actor: Actor): Promise<void>;
  /** Signs in at the platform, afresh. */
  check(target: Target, actor: Actor): Promise<{ ok: boolean; reason: string | null; latencyMs: number }>;
  forward(call: ForwardCall): Promise<ForwardAnswer>;
}

/** Makes the connections room. */
export function createConnections(ports: ConnectionsPorts): Connections {
  const { store, environments, audit, clock, declaredHosts } = ports;
  const credentials = createCredentials(ports);
  const tokens = createTokens(ports);

  const allowed = async (
    environment: EnvironmentId,
    platform: PlatformProfile,
    baseUrl: string | undefined,
  ): Promise<string> => {
    const { kind } = await environments.get(environment);
    return baseUrlFor({ baseUrl, platform, environmentKind: kind, declaredHosts });
  };

  const get = async ({ environment, connection }: Target): Promise<ConnectionView> => {
    const row = await store.transaction(environment, (tx) =>
      tx.row(selectConnection, [environment, connection]),
    );
    if (row === null) throw new Fault('CONNECTION_NOT_FOUND');
    return viewOf(row);
  };

  /**
   * Changes a connection under its row's lock, with the entry in the same transaction; its token ends with it, unless the
   * credential and the host it belongs to stay.
   */
  const change = async (
    { environment, connection }: Target,
    actor: Actor,
    { changed, statement, values, shown }: Change,
  ): Promise<ConnectionView> => {
    const endsToken = changed !== 'requestChecks';
    const view = await store.transaction(environment, async (tx) => {
      const row = await tx.row(selectConnectionForUpdate, [environment, connection]);
      if (row === null) throw new Fault('CONNECTION_NOT_FOUND');
      const [value, ...more] = values;
      await tx.run(statement, [environment, connection, value, new Date(clock.now()), ...more]);
      if (endsToken) await tx.run(deleteToken, [environment, connection]);
      const act = {
        action: 'connection.changed',
        actor,
        resource: `connection:${connection}`,
        outcome: 'success',
      } as const;
      await audit.record(tx, environment, { ...act, details: { changed, ...shown } });
      const after = await tx.row(selectConnection, [environment, connection]);
      return viewOf(after ?? row);
    });
    credentials.forget(environment, connection);
    if (endsToken) tokens.forget(connection);
    return view;
  };

  return {
    async create({ environment, platform, name, credential, baseUrl, requestChecks = 'lenient' }, actor) {
      const profile = platformNamed(platform);
      const parsed = parseCredential(profile, credential);
      const { kind } = await environments.get(environment);
      refuseForeignTag(name, kind);
      refuseOtherSide(profile, { credential: parsed, kind });
      const origin = await allowed(environment, profile, baseUrl);
      const id = newId('connection', clock);
      const sealed = await credentials.seal({ environment, connection: id }, parsed);
      const createdAtMs = clock.now();
      const keep = (mac: Buffer): Promise<void> =>
        store.transaction(environment, async (tx) => {
          const values = [
            environment,
            id,
            platform,
            name,
            origin,
            sealed,
            requestChecks,
            mac,
            new Date(createdAtMs),
          ];
          if ((await tx.run(insertConnection, values)) === 0)
            throw new Fault('CONFLICT', { detail: 'There is a connection of this name.' });
          const act = {
            action: 'connection.created',
            actor,
            resource: `connection:${id}`,
            outcome: 'success',
          } as const;
          await audit.record(tx, environment, {
            ...act,
            details: { platform, name, baseUrl: origin, requestChecks },
          });
        });
      await keptApart(ports, { environment, platform, credential: parsed }, keep);
      return { id, platform, name, baseUrl: origin, requestChecks, createdAtMs, changedAtMs: createdAtMs };
    },

    async list({ environment, after, limit }) {
      const values = [environment, after ?? null, limit + 1];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectConnections, values));
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    get,

    // What is made ready takes connections of its own, so it comes before the transaction. A platform never changes.
    async setBaseUrl({ baseUrl, ...target }, actor) {
      const { platform } = await get(target);
      const value = await allowed(target.environment, platformNamed(platform), baseUrl);
      return change(target, actor, { changed: 'baseUrl', statement: updateBaseUrl, values: [value] });
    },

    async setRequestChecks({ requestChecks, ...target }, actor) {
      return change(target, actor, {
        changed: 'requestChecks',
        statement: updateRequestChecks,
        values: [requestChecks],
        shown: { requestChecks },
      });
    },

    async setCredential({ credential, ...target }, actor) {
      const { platform } = await get(target);
      const profile = platformNamed(platform);
      const parsed = parseCredential(profile, credential);
      const { environment } = target;
      refuseOtherSide(profile, { credential: parsed, kind: (await environments.get(environment)).kind });
      const sealed = await credentials.seal(target, parsed);
      return keptApart(ports, { environment, platform, credential: parsed }, (mac) =>
        change(target, actor, { changed: 'credential', statement: updateCredential, values: [sealed, mac] }),
      );
    },

    async remove({ environment, connection }, actor) {
      await store.transaction(environment, async (tx) => {
        // In this order: a token that is just being kept holds the connection's row, and is there to be deleted then.
        if ((await tx.run(deleteConnection, [environment, connection])) === 0)
          throw new Fault('CONNECTION_NOT_FOUND');
        await tx.run(deleteToken, [environment, connection]);
        const act = {
          action: 'connection.removed',
          actor,
          resource: `connection:${connection}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: {} });
      });
      credentials.forget(environment, connection);
      tokens.forget(connection);
    },

    async check({ environment, connection }, actor) {
      const opened = await credentials.open(environment, connection);
      const checked = { action: 'connection.checked', actor, resource: `connection:${connection}` } as const;
      await audit.note(environment, { ...checked, outcome: 'intent', details: {} });
      const startedAtMs = clock.monotonic();
      const reason = await signIn(ports, opened).then(
        () => null,
        (thrown: unknown) => toFault(thrown),
      );
      const latencyMs = Math.round(clock.monotonic() - startedAtMs);
      const outcome = reason === null ? 'success' : 'failure';
      await audit.note(environment, {
        ...checked,
        outcome,
        details: { code: reason?.code ?? null, latencyMs },
      });
      return {
        ok: reason === null,
        reason: reason === null ? null : `${reason.code}: ${reason.detail}`,
        latencyMs,
      };
    },

    forward: (call) => forward({ ...ports, credentials, tokens }, call),
  };
}

/** What changes: `statement` takes the environment, the connection, the first value, the time and the other values. */
interface Change {
  readonly changed: 'baseUrl' | 'credential' | 'requestChecks';
  readonly statement: Statement<unknown>;
  readonly values: readonly (string | Buffer)[];
  /** What the entry says of it. */
  readonly shown?: Readonly<Record<string, string>>;
}

function parseCredential(
  platform: PlatformProfile,
  credential: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const parsed = platform.credential.safeParse(credential);
  if (parsed.success) return parsed.data;
  // Names of fields at most, never a value.
  const fields = parsed.error.issues.map(({ path }) => ({
    path: ['credential', ...path.map(String)].join('.'),
    problem: `does not fit a ${platform.title} credential`,
  }));
  throw new Fault('INVALID_REQUEST', { fields });
}

/** Where one host serves both sides, the credential alone tells which is called (K3). */
function refuseOtherSide(
  { title, isLive }: PlatformProfile,
  {
    credential,
    kind,
  }: { readonly credential: Readonly<Record<string, string>>; readonly kind: EnvironmentKind },
): void {
  if (isLive === null || isLive(credential) === (kind === 'production')) return;
  const problem = `is not of the side of ${title} that a ${kind} environment calls`;
  throw new Fault('INVALID_REQUEST', { fields: [{ path: 'credential', problem }] });
}

function viewOf(row: ConnectionRow): ConnectionView {
  const { id, platform, name, base_url, request_checks, created_at, changed_at } = row;
  return {
    id,
    platform,
    name,
    baseUrl: base_url,
    requestChecks: request_checks,
    createdAtMs: created_at.getTime(),
    changedAtMs: changed_at.getTime(),
  };
}
