import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import {
  type EnvironmentId,
  limitsWith,
  openSecretText,
  Secret,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { type ClientAnswer, type ClientCall, withClient } from '#test/client';
import {
  allMigrations,
  createGateway,
  migrate,
  removeEmbedded,
  scopesOf,
  startEmbedded,
} from '../src/main.ts';
import { type Platform, startPlatform } from './platform.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** An environment of the campaign. */
export interface Place {
  readonly environment: EnvironmentId;
  readonly adminKey: string;
  readonly verifierKey: string;
  /** Where webhooks go, and what they are signed with. */
  readonly endpoint: { readonly id: string; readonly path: string; readonly secret: string };
  /** The key of the application, and the prefix under which it calls the platform. */
  readonly applicationKey: string;
  /** Where events are sent, and where they are pulled from; `null` where nobody pulls. */
  readonly push: string;
  readonly pull: string | null;
  readonly out: string;
}

/** Everything a campaign needs before the first gateway is started. */
export interface Setup {
  readonly directory: string;
  /** Where the embedded server is; `null` when the database is elsewhere. */
  readonly embedded: string | null;
  /** The options file of `node.harness.ts`. */
  readonly file: string;
  readonly url: string;
  readonly ca: string;
  readonly places: readonly Place[];
  readonly receiver: Receiver;
  readonly platform: Platform;
  readonly call: (call: ClientCall) => Promise<ClientAnswer>;
  remove(): Promise<void>;
}

const ENVIRONMENTS = 2;
/** Leases of killed nodes end soon, and so do the waits of a short campaign; replays take many steps, to be killed between. */
const LIMITS = Object.freeze({
  deliveryLeaseMs: 5_000,
  deliveryTimeoutMaxMs: 15_000,
  deliveryPollMs: 250,
  shutdownTimeoutMs: 2_000,
  eventReplayStepItemsMax: 2,
});

/** Makes a folder, a receiver, and two environments with an endpoint and a destination each. */
export async function setUp(
  database: 'embedded' | Secret,
  given: Readonly<Record<string, number>> | 'default' = {},
  isPulled = true,
): Promise<Setup> {
  const limits = given === 'default' ? {} : { ...LIMITS, ...given };
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-crash-'));
  const embedded = database === 'embedded' ? join(directory, 'postgres') : null;
  const authority = await createAuthority();
  const tls = await issueCertificate(authority, { names: ['127.0.0.1'] });
  const receiver = await startReceiver(tls);
  const platform = await startPlatform(tls);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const hooks: (() => Promise<void>)[] = [];
  const call = withClient({ after: (hook) => hooks.push(hook) }, { url, ca: authority.cert });
  const options = {
    database: embedded === null ? { url: openSecretText(secretOf(database)) } : { directory: embedded },
    directory,
    port,
    ...tls,
    ca: authority.cert,
    declaredHosts: [receiver, platform].map(({ url: at }) => new URL(at).host),
    limits,
  };
  const file = join(directory, 'options.json');
  await writeFile(file, JSON.stringify(options), { mode: 0o600 });

  const server = embedded === null ? null : await startEmbedded({ directory: embedded, log: silentLog });
  const databaseUrl = server?.url ?? secretOf(database);
  await migrate({ url: databaseUrl, migrations: allMigrations, log: silentLog });
  const gateway = await createGateway({
    databaseUrl,
    rootKeyFile: join(directory, 'root.key'),
    createRootKey: true,
    listen: { host: '127.0.0.1', port },
    tls,
    outbound: { ca: authority.cert, declaredHosts: options.declaredHosts },
    checkpointDirectory: join(directory, 'checkpoints'),
    limits: limitsWith(limits),
    clock: systemClock,
    log: silentLog,
  });
  const { environments, access, audit } = gateway.rooms;
  const { id: organization } = await environments.createOrganization({ name: 'campaign' }, SYSTEM);
  await gateway.start();
  const places: Place[] = [];
  for (let at = 0; at < ENVIRONMENTS; at += 1) {
    const name = `campaign-${at}`;
    const { id: environment } = await environments.create(
      { organization, name, kind: 'development', region: 'local' },
      SYSTEM,
    );
    const keyOf = async (kind: 'admin' | 'test'): Promise<string> => {
      const made = await access.keys.create(
        { environment, kind, name: `${name} ${kind}`, scopes: scopesOf(kind) },
        SYSTEM,
      );
      return openSecretText(made.secret);
    };
    const adminKey = await keyOf('admin');
    const applicationKey = await keyOf('test');
    const secret = `a-secret-of-the-campaign-${at}`;
    const post = (path: string, body: object) => call({ method: 'POST', path, key: adminKey, body });
    const endpoint = await post('/admin/v1/endpoints', {
      platform: 'koywe',
      name,
      secret,
      structure: 'any',
    });
    const { id, path } = endpoint.json<{ id: string; path: string }>();
    const destination = await post('/admin/v1/destinations', { name, url: `${receiver.url}/${at}` });
    const made = destination.json<{ destination: { id: string }; secret: string }>();
    receiver.secrets.set(`/${at}`, Buffer.from(made.secret.slice('whsec_'.length), 'base64'));
    const pulled = isPulled
      ? await post('/admin/v1/destinations', { kind: 'pull', name: `${name} pulled` })
      : null;
    const { url: baseUrl, credential } = platform;
    const connection = await post('/admin/v1/connections', { platform: 'koywe', name, credential, baseUrl });
    const { prefix: out } = connection.json<{ prefix: string }>();
    const verifierKey = await audit.verifierKey(environment);
    places.push({
      environment,
      adminKey,
      verifierKey,
      endpoint: { id, path, secret },
      applicationKey,
      out,
      push: made.destination.id,
      pull: pulled?.json<{ destination: { id: string } }>().destination.id ?? null,
    });
  }
  await gateway.stop();
  await server?.stop();

  return {
    directory,
    embedded,
    file,
    url,
    ca: authority.cert,
    places,
    receiver,
    platform,
    call,
    async remove() {
      for (const hook of hooks) await hook();
      await Promise.all([receiver.close(), platform.close()]);
      if (embedded !== null) await removeEmbedded({ directory: embedded, log: silentLog });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function secretOf(database: 'embedded' | Secret): Secret {
  if (database instanceof Secret) return database;
  throw new TypeError('the embedded server has its own address');
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
