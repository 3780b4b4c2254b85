import {
  type Clock,
  type ConnectionId,
  createMemory,
  type EnvironmentId,
  Fault,
  isId,
  type Limits,
  textOf,
  utf8,
} from '#base';
import type { Environments } from '#environments';
import type { Keyring } from '#keyring';
import { type PlatformProfile, platformNamed } from '#platforms';
import type { Store } from '#store';
import { baseUrlFor } from './base-url.ts';
import { needlesOf } from './needles.ts';
import { selectConnection } from './queries.ts';
import type { RequestChecks } from './request-checks.ts';

/** A connection with its credential opened, in memory for a moment only. */
export interface OpenConnection {
  readonly id: ConnectionId;
  readonly environment: EnvironmentId;
  readonly platform: PlatformProfile;
  readonly baseUrl: string;
  readonly credentialVersion: number;
  readonly requestChecks: RequestChecks;
  readonly credential: Readonly<Record<string, string>>;
  /** To be taken out of answers. */
  readonly needles: readonly Buffer[];
}

export interface CredentialPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Environments;
  readonly declaredHosts: readonly string[];
  readonly limits: Limits;
  readonly clock: Clock;
}

/** Connections ready for use. A change or removal on any node is in force here within `keyCacheMs`. */
export interface Credentials {
  /** Throws `CONNECTION_NOT_FOUND`, or `HOST_NOT_ALLOWED` when its host may no longer be called. */
  open(environment: EnvironmentId, connection: ConnectionId): Promise<OpenConnection>;
  forget(environment: EnvironmentId, connection: ConnectionId): void;
  seal(
    target: { environment: EnvironmentId; connection: ConnectionId },
    credential: Readonly<Record<string, string>>,
  ): Promise<Buffer>;
}

const CONTEXT = (connection: ConnectionId) => ({ record: connection, field: 'credential' });

export function createCredentials(ports: CredentialPorts): Credentials {
  const { store, keyring, environments, declaredHosts, limits, clock } = ports;
  const memory = createMemory<`${EnvironmentId}/${ConnectionId}`, OpenConnection>({
    itemsMax: limits.keyCacheItemsMax,
    trustMs: limits.keyCacheMs,
    clock,
    ask: async (key) => {
      const [environment, connection] = key.split('/');
      if (!isId('environment', environment) || !isId('connection', connection)) return null;
      const row = await store.transaction(environment, (tx) =>
        tx.row(selectConnection, [environment, connection]),
      );
      if (row === null) return null;
      const platform = platformNamed(row.platform);
      const sealer = await keyring.sealer(environment, 'connections');
      const opened: unknown = JSON.parse(
        textOf(await sealer.open(CONTEXT(connection), row.sealed_credential)),
      );
      const credential = platform.credential.parse(opened);
      const { kind: environmentKind } = await environments.get(environment);
      const baseUrl = baseUrlFor({ baseUrl: row.base_url, platform, environmentKind, declaredHosts });
      const { credential_version: credentialVersion, request_checks: requestChecks } = row;
      return {
        id: connection,
        environment,
        platform,
        baseUrl,
        credentialVersion,
        requestChecks,
        credential,
        needles: needlesOf(Object.values(credential)),
      };
    },
  });
  return {
    async open(environment, connection) {
      const found = await memory.get(`${environment}/${connection}`);
      if (found === null) throw new Fault('CONNECTION_NOT_FOUND');
      return found;
    },
    forget: (environment, connection) => memory.forget(`${environment}/${connection}`),
    async seal({ environment, connection }, credential) {
      const sealer = await keyring.sealer(environment, 'connections');
      return Buffer.from(sealer.seal(CONTEXT(connection), utf8(JSON.stringify(credential))));
    },
  };
}
