// Ours: a whole gateway as the product starts it, on a database of its own, with nothing switched off.
import { join } from 'node:path';
import {
  allMigrations,
  createGateway,
  limitsWith,
  migrate,
  openSecretText,
  Secret,
  SYSTEM,
  scopesOf,
  silentLog,
  systemClock,
} from '../../gateway/src/main.ts';
import { administer } from '../admin.ts';
import { serve, type Tls } from './server.ts';

export interface GatewaySettings {
  readonly tls: Tls;
  readonly ca: string;
  readonly databaseUrl: string;
  readonly secret: string;
  /** Host and port of what calls go to. */
  readonly upstream: string;
  /** Where the root key and the checkpoints go. */
  readonly directory: string;
}

export interface GatewayStarted {
  readonly https: number;
  /** Where webhooks go. */
  readonly endpointPath: string;
  /** What calls begin with. */
  readonly connectionPath: string;
  readonly key: string;
  readonly adminKey: string;
}

serve(
  async ({ tls, ca, databaseUrl, secret, upstream, directory }: GatewaySettings): Promise<GatewayStarted> => {
    const url = Secret.fromText(databaseUrl);
    await migrate({ url, migrations: allMigrations, log: silentLog });
    const gateway = await createGateway({
      databaseUrl: url,
      rootKeyFile: join(directory, 'root.key'),
      createRootKey: true,
      listen: { host: '127.0.0.1', port: 0 },
      tls,
      outbound: { ca, declaredHosts: [upstream] },
      checkpointDirectory: join(directory, 'checkpoints'),
      // What is measured is the work, not the limits that keep it from one key or address.
      limits: limitsWith({
        keyRequestsPerMinuteMax: 1_000_000,
        addressRequestsPerMinuteMax: 1_000_000,
        routeRequestsPerMinuteMax: 1_000_000,
        keyConcurrentRequestsMax: 100_000,
        connectionsPerAddressMax: 10_500,
      }),
      clock: systemClock,
      log: silentLog,
    });
    const { environments, access } = gateway.rooms;
    const { id: organization } = await environments.createOrganization({ name: 'bench' }, SYSTEM);
    const { id: environment } = await environments.create(
      { organization, name: 'bench', kind: 'development', region: 'local' },
      SYSTEM,
    );
    const administration = await access.keys.create(
      { environment, kind: 'admin', name: 'admin', scopes: scopesOf('admin') },
      SYSTEM,
    );
    const runtime = await access.keys.create(
      { environment, kind: 'test', name: 'application', scopes: scopesOf('test') },
      SYSTEM,
    );
    const { port } = await gateway.start();
    const adminKey = openSecretText(administration.secret);
    const make = <Made>(path: string, body: object): Promise<Made> =>
      administer<Made>({ port, ca, key: adminKey }, { method: 'POST', path, body });
    const credential = { apiKey: 'koywe-bench-api-key', secret: 'koywe-bench-secret-0123456789' };
    const { prefix } = await make<{ prefix: string }>('/connections', {
      platform: 'koywe',
      name: 'koywe',
      credential,
      baseUrl: `https://${upstream}`,
    });
    const { path } = await make<{ path: string }>('/endpoints', {
      platform: 'koywe',
      name: 'koywe',
      secret,
      structure: 'any',
    });
    return {
      https: port,
      endpointPath: path,
      connectionPath: prefix,
      key: openSecretText(runtime.secret),
      adminKey,
    };
  },
);
