import type * as gatewayModule from '@sallyport/gateway';
import type { ConnectionId, DestinationId, EndpointId, EnvironmentId, Rooms } from '@sallyport/gateway';
import { readProfile, writeProfile } from '../remote/profile.ts';
import type { Certificates } from './certificates.ts';
import { find } from './pages.ts';
import { seedDemo } from './seed-demo.ts';
import { successorKey } from './seed-key.ts';
import { keepPlatformSide, type PlatformSide } from './sides.ts';
import type { StateFolder } from './state-folder.ts';

/** The gateway's module, loaded late. */
export type GatewayModule = typeof gatewayModule;

export interface SeedOptions {
  readonly gateway: GatewayModule;
  readonly rooms: Rooms;
  readonly folder: StateFolder;
  readonly certificates: Certificates;
  readonly platform: PlatformSide;
  readonly api: string;
  readonly sandboxUrl: string;
  readonly demoUrl: string;
}

export interface Seeded {
  readonly environment: EnvironmentId;
  readonly connection: ConnectionId;
  readonly endpoint: EndpointId;
  readonly destination: DestinationId;
  /** The whole `sk_test_…` text of this start. */
  readonly key: string;
}

/** Names by which what is there is found again. */
const NAMES = Object.freeze({
  organization: 'development',
  environment: 'development',
  platform: 'koywe',
  adminKey: 'command line',
  startKey: 'development start',
});
const PAGE_ITEMS = 200;
const START_KEYS_KEPT = 3;

/**
 * Makes what development needs, unless it is there: killed at any point, the next start goes on where this one ended.
 * Addresses follow the ports of this start. The room's own rules hold: everything is in the log.
 */
export async function seed(options: SeedOptions): Promise<Seeded> {
  const { rooms, gateway } = options;
  const environment = await environmentOf(options);
  const [connection, endpoint] = await platformObjects(options, environment);
  const destination = await seedDemo(options, environment);
  await profileOf(options, environment);
  const name = `${NAMES.startKey} ${gateway.isoTime(gateway.systemClock.now()).replaceAll(/[-:]/g, '')}`;
  const { secret } = await rooms.access.keys.create(
    { environment, kind: 'test', name, scopes: gateway.scopesOf('test') },
    gateway.SYSTEM,
  );
  return { environment, connection, endpoint, destination, key: gateway.openSecretText(secret) };
}

/** Revokes the keys of earlier starts but the newest few: each was shown once, in a terminal that may be gone. */
export async function retireStartKeys(
  { rooms, gateway }: SeedOptions,
  environment: EnvironmentId,
): Promise<number> {
  const { items } = await rooms.access.keys.list({ environment, limit: PAGE_ITEMS });
  const old = items
    .filter(({ name, revokedAtMs }) => revokedAtMs === null && name.startsWith(NAMES.startKey))
    .slice(START_KEYS_KEPT);
  for (const { id } of old) await rooms.access.keys.revoke({ environment, key: id }, gateway.SYSTEM);
  return old.length;
}

async function environmentOf({ rooms: { environments }, gateway }: SeedOptions): Promise<EnvironmentId> {
  const organizations = await environments.listOrganizations();
  const organization =
    organizations.find(({ name }) => name === NAMES.organization) ??
    (await environments.createOrganization({ name: NAMES.organization }, gateway.SYSTEM));
  const found = (await environments.list()).find(
    (environment) => environment.organization === organization.id && environment.name === NAMES.environment,
  );
  if (found !== undefined) return found.id;
  const fresh = {
    organization: organization.id,
    name: NAMES.environment,
    kind: 'development',
    region: 'local',
  } as const;
  return (await environments.create(fresh, gateway.SYSTEM)).id;
}

async function platformObjects(
  { rooms, gateway, folder, platform, sandboxUrl }: SeedOptions,
  environment: EnvironmentId,
): Promise<readonly [ConnectionId, EndpointId]> {
  const { connections, endpoints } = rooms;
  const { SYSTEM, Secret } = gateway;
  const { apiKey, webhookSecret } = platform;
  const named = { environment, platform: NAMES.platform, name: NAMES.platform };
  const credential = { apiKey, secret: platform.secret };
  const secret = Secret.fromText(webhookSecret);
  const isOurs = ({ name, platform: of }: { name: string; platform: string }): boolean =>
    name === NAMES.platform && of === NAMES.platform;

  const kept = await find((page) => connections.list({ environment, ...page }), isOurs);
  const connection =
    kept ?? (await connections.create({ ...named, credential, baseUrl: sandboxUrl }, SYSTEM));
  const target = { environment, connection: connection.id };
  if (connection.baseUrl !== sandboxUrl)
    await connections.setBaseUrl({ ...target, baseUrl: sandboxUrl }, SYSTEM);
  if (kept !== null && platform.connection !== kept.id)
    await connections.setCredential({ ...target, credential }, SYSTEM);

  const old = await find((page) => endpoints.list({ environment, ...page }), isOurs);
  const endpoint = old ?? (await endpoints.create({ ...named, secret }, SYSTEM));
  if (old !== null && platform.endpoint !== old.id) {
    await endpoints.change({ environment, endpoint: old.id, secret }, SYSTEM);
  }
  if (platform.connection !== connection.id || platform.endpoint !== endpoint.id) {
    await keepPlatformSide(folder.sandboxFile, {
      ...platform,
      connection: connection.id,
      endpoint: endpoint.id,
    });
  }
  return [connection.id, endpoint.id];
}

/** Where this command line finds the gateway: written anew when anything of it has changed. */
async function profileOf(
  { rooms, gateway, folder, certificates, api }: SeedOptions,
  environment: EnvironmentId,
): Promise<void> {
  const kept = await readProfile(folder.profileFile);
  const made = await successorKey({
    rooms,
    environment,
    id: kept?.adminKey.id,
    name: NAMES.adminKey,
    kind: 'admin',
    gateway,
  });
  const adminKey =
    made === null ? kept?.adminKey : { id: made.key.id, secret: gateway.openSecretText(made.secret) };
  if (adminKey === undefined) return;
  await writeProfile(folder.profileFile, { url: api, caFile: certificates.caFile, environment, adminKey });
}
