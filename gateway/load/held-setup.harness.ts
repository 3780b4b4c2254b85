import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import {
  type EnvironmentId,
  isId,
  limitsWith,
  openSecretText,
  type Secret,
  Secret as Secrets,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { GENEROUS } from '#test/generous';
import { freePort } from '../crash/setup.harness.ts';
import { allMigrations, createGateway, migrate } from '../src/main.ts';

/** What a held load needs before its gateway is started. */
export interface HeldSetup {
  readonly file: string;
  readonly url: string;
  readonly environment: EnvironmentId;
  readonly endpoint: { readonly path: string; readonly secret: string };
  readonly destinations: readonly { readonly name: string; readonly id: string }[];
}

export const DESTINATIONS = Object.freeze(['good', 'failing', 'hanging'] as const);
/** What is wrong while a destination hangs shows sooner. The rest are the defaults, but for rates of one address. */
const LIMITS = GENEROUS;

/** Makes an environment with an endpoint and three destinations, and the options of `node.harness.ts`. */
export async function heldSetup(given: {
  directory: string;
  databaseUrl: Secret;
  tls: { key: string; cert: string };
  ca: string;
  applicationPort: number;
}): Promise<HeldSetup> {
  const { directory, databaseUrl, tls, ca, applicationPort } = given;
  const port = await freePort();
  await migrate({ url: databaseUrl, migrations: allMigrations, log: silentLog });
  const declaredHosts = ['127.0.0.1'];
  const gateway = await createGateway({
    databaseUrl,
    rootKeyFile: join(directory, 'root.key'),
    createRootKey: true,
    listen: { host: '127.0.0.1', port },
    tls,
    outbound: { ca, declaredHosts },
    checkpointDirectory: join(directory, 'checkpoints'),
    limits: limitsWith(LIMITS),
    clock: systemClock,
    log: silentLog,
  });
  const { environments, endpoints, destinations } = gateway.rooms;
  const { id: organization } = await environments.createOrganization({ name: 'held' }, SYSTEM);
  const place = { organization, name: 'held', kind: 'development', region: 'local' } as const;
  const { id: environment } = await environments.create(place, SYSTEM);
  const secret = 'a-secret-of-the-held-load';
  const { id: endpoint } = await endpoints.create(
    { environment, platform: 'koywe', name: 'held', secret: Secrets.fromText(secret) },
    SYSTEM,
  );
  const made: { name: string; id: string }[] = [];
  for (const name of DESTINATIONS) {
    const url = `https://127.0.0.1:${applicationPort}/${name}`;
    const { destination } = await destinations.create({ environment, name, url }, SYSTEM);
    made.push({ name, id: destination.id });
  }
  await gateway.stop();
  const file = join(directory, 'options.json');
  const database = { url: openSecretText(databaseUrl) };
  const options = { database, directory, port, ...tls, ca, declaredHosts, limits: LIMITS };
  await writeFile(file, JSON.stringify(options), { mode: 0o600 });
  if (!isId('environment', environment)) throw new TypeError('no environment');
  const url = `https://127.0.0.1:${port}`;
  return { file, url, environment, endpoint: { path: `/in/${endpoint}`, secret }, destinations: made };
}

/** A folder, an authority and its certificate for loopback. */
export async function heldFolder() {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-held-'));
  const authority = await createAuthority();
  return { directory, ca: authority.cert, tls: await issueCertificate(authority, { names: ['127.0.0.1'] }) };
}
