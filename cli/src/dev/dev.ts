import { fileURLToPath } from 'node:url';
import type { Config, Gateway, Log } from '@sallyport/gateway';
import { Problem } from '../problem.ts';
import { openCertificates } from './certificates.ts';
import { type Child, startChild } from './child.ts';
import { type Database, openDatabase, withRootKey } from './database.ts';
import { freePorts, portProblem } from './ports.ts';
import { type GatewayModule, retireStartKeys, type SeedOptions, seed } from './seed.ts';
import { openPlatformSide } from './sides.ts';
import { openStateFolder, ownerOf, type StateFolder } from './state-folder.ts';

export interface DevOptions {
  readonly stateDirectory: string;
  readonly config: Config;
  readonly ports: { readonly gateway: number; readonly sandbox: number; readonly demo: number };
  readonly log: Log;
  /** Tells what is being done, before anything takes long. */
  readonly progress: (what: string) => void;
  /** Hears what the sandbox and the demo application tell. */
  readonly onEvent: (from: 'sandbox' | 'demo', event: Readonly<Record<string, unknown>>) => void;
  /** Whether somebody has asked to end it before it was ready. */
  readonly isAborted: () => boolean;
}

/** Everything that `dev` runs. */
export interface Dev {
  readonly api: string;
  readonly caFile: string;
  readonly environment: string;
  readonly key: string;
  readonly connection: string;
  readonly endpoint: string;
  readonly destination: string;
  readonly sandboxUrl: string;
  readonly demoUrl: string;
  readonly merchant: string;
  /** Resolves with what has ended although nobody asked it to. */
  readonly failed: Promise<Problem>;
  stop(): Promise<void>;
}

/** The retry schedule of the platform, a minute in a tenth of a second. */
const RETRY_FACTOR = 1 / 600;
const STEP_DELAY_MS = 400;

/**
 * Starts the gateway with its database, the sandbox and the demo application, and seeds what they need. What was
 * started is ended again when something fails. Throws a `Problem` or the gateway's faults.
 */
export async function startDev(options: DevOptions): Promise<Dev> {
  const parts: Parts = { node: null, children: [], database: null, release: null };
  try {
    return { ...(await start(options, parts)), stop: () => stopParts(parts) };
  } catch (thrown) {
    await stopParts(parts).catch(() => undefined);
    throw thrown;
  }
}

/** What is to be ended again, in this order. */
interface Parts {
  node: Gateway | null;
  readonly children: Child[];
  database: Database | null;
  release: (() => Promise<void>) | null;
}

async function stopParts({ node, children, database, release }: Parts): Promise<void> {
  const failures: unknown[] = [];
  const note = (thrown: unknown): void => void failures.push(thrown);
  await node?.stop().catch(note);
  await Promise.all(children.map((child) => child.stop().catch(note)));
  await database?.stop().catch(note);
  await release?.().catch(note);
  if (failures.length > 0) throw failures[0];
}

async function start(options: DevOptions, parts: Parts): Promise<Omit<Dev, 'stop'>> {
  const { config, log, onEvent } = options;
  const progress = (what: string): void => {
    if (options.isAborted()) throw interrupted();
    options.progress(what);
  };
  const folder = await openStateFolder(options.stateDirectory);
  progress('loading');
  const gatewayModule = import('@sallyport/gateway');
  const sandbox = startSandbox(folder, (event) => onEvent('sandbox', event));
  parts.children.push(sandbox);
  const gateway = await gatewayModule;
  parts.release = await claimFolder(gateway, folder);
  const ports = await choosePorts(options);
  const origin = (port: number): string => `https://127.0.0.1:${port}`;
  const [api, sandboxUrl, demoUrl] = [origin(ports.gateway), origin(ports.sandbox), origin(ports.demo)];

  progress('preparing the database');
  const [certificates, platform, database] = await settled([
    openCertificates(folder.tls),
    openPlatformSide(folder.sandboxFile),
    openDatabase({ gateway, config, directory: folder.postgres, log }).then(
      (opened) => (parts.database = opened),
    ),
  ]);
  progress('starting the gateway');
  const hosts = [sandboxUrl, demoUrl].map((url) => new URL(url).host);
  const node = await withRootKey(config.rootKeyFile, () =>
    gateway.createGateway({
      databaseUrl: database.url,
      rootKeyFile: config.rootKeyFile,
      createRootKey: true,
      listen: { ...config.listen, port: ports.gateway },
      publicUrl: config.publicUrl,
      tls: certificates.gateway,
      trustedProxies: config.trustedProxies,
      adminAddresses: config.admin.allowedAddresses,
      outbound: { ca: certificates.ca, declaredHosts: [...hosts, ...config.outbound.declaredHosts] },
      checkpointDirectory: config.audit.checkpointDirectory,
      limits: config.limits,
      clock: gateway.systemClock,
      log,
    }),
  );
  parts.node = node;
  const seedOptions: SeedOptions = {
    gateway,
    rooms: node.rooms,
    folder,
    certificates,
    platform,
    api,
    sandboxUrl,
    demoUrl,
  };
  progress('preparing keys, connection, endpoint and destination');
  const seeded = await seed(seedOptions);
  const connection = `${api}/out/${seeded.connection}`;
  const endpoint = `${api}/in/${seeded.endpoint}`;

  const { apiKey, secret, organizationId, merchantId, webhookSecret } = platform;
  sandbox.send({
    host: '127.0.0.1',
    port: ports.sandbox,
    tls: certificates.sandbox,
    deliveryCa: certificates.ca,
    koywe: {
      apiKey,
      secret,
      organizationId,
      merchantId,
      webhooks: [{ url: endpoint, secret: webhookSecret }],
    },
    retryFactor: RETRY_FACTOR,
    stepDelayMs: STEP_DELAY_MS,
    control: true,
  });
  const demo = startChild({
    name: 'demo application',
    // A part of the repository and of no package: only a clone has it, as only a clone is for development.
    program: fileURLToPath(new URL('../../../demo/app.ts', import.meta.url)),
    environment: {
      ...childEnvironment(folder),
      DEMO_PORT: String(ports.demo),
      DEMO_TLS_KEY_FILE: certificates.demoFiles.key,
      DEMO_TLS_CERT_FILE: certificates.demoFiles.cert,
      SALLYPORT_URL: api,
      SALLYPORT_CA_FILE: certificates.caFile,
      SALLYPORT_KEY_FILE: folder.demoKeyFile,
      SALLYPORT_CONNECTION: connection,
      SALLYPORT_DELIVERY_SECRET_FILE: folder.demoSecretFile,
      KOYWE_ORGANIZATION: organizationId,
      KOYWE_MERCHANT: merchantId,
    },
    onEvent: (event) => onEvent('demo', event),
  });
  parts.children.push(demo);
  const started = node.start().catch((thrown: unknown) => {
    throw portProblem({ ...wishes(options).gateway, port: ports.gateway }, thrown);
  });
  await settled([started, sandbox.ready, demo.ready]);

  retireStartKeys(seedOptions, seeded.environment).catch((error: unknown) =>
    log.warn('keys of earlier starts could not be revoked', { error }),
  );
  return {
    ...seeded,
    api,
    caFile: certificates.caFile,
    connection,
    endpoint,
    sandboxUrl,
    demoUrl,
    merchant: `/api/v1/organizations/${organizationId}/merchants/${merchantId}`,
    failed: Promise.race([
      sandbox.exited.then(() => ended('sandbox')),
      demo.exited.then(() => ended('demo application')),
      database.exited.then(() => ended('embedded Postgres')),
    ]),
  };
}

function startSandbox(
  folder: StateFolder,
  onEvent: (event: Readonly<Record<string, unknown>>) => void,
): Child {
  // The package's own face would load the whole sandbox into this process to say where its program is.
  const program = fileURLToPath(new URL('main.ts', import.meta.resolve('@sallyport/sandbox')));
  return startChild({ name: 'sandbox', program, environment: childEnvironment(folder), onEvent });
}

/** Where the caller keeps compiled sources already, the children find them there. */
function childEnvironment(folder: StateFolder): Record<string, string> {
  return { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? folder.compiled };
}

async function claimFolder(gateway: GatewayModule, folder: StateFolder): Promise<() => Promise<void>> {
  try {
    return await gateway.claim(folder.path);
  } catch (thrown) {
    if (!(thrown instanceof gateway.Fault) || thrown.code !== 'ALREADY_RUNNING') throw thrown;
    const pid = await ownerOf(folder.path);
    throw new Problem({
      code: 'ALREADY_RUNNING',
      message: `Sallyport runs here already${pid === null ? '' : ` (process ${pid})`}: it has the state folder ${folder.path}.`,
      remedy:
        'Use that one, stop it first (Ctrl-C where it runs), or take another folder: SALLYPORT_STATE_DIRECTORY=<folder>',
    });
  }
}

function wishes({ config, ports }: DevOptions) {
  const host = config.listen.host;
  return {
    gateway: { name: 'gateway', option: '--port', host, port: ports.gateway },
    sandbox: { name: 'sandbox', option: '--sandbox-port', host: '127.0.0.1', port: ports.sandbox },
    demo: { name: 'demo application', option: '--demo-port', host: '127.0.0.1', port: ports.demo },
  };
}

async function choosePorts(options: DevOptions): Promise<DevOptions['ports']> {
  const { gateway, sandbox, demo } = wishes(options);
  const [first = 0, second = 0, third = 0] = await freePorts([gateway, sandbox, demo]);
  return { gateway: first, sandbox: second, demo: third };
}

/** Like `Promise.all`, but waits for every one: what was started must be known before it is ended. */
async function settled<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function interrupted(): Problem {
  return new Problem({
    code: 'INTERRUPTED',
    message: 'The start was interrupted.',
    remedy: 'Start again; it goes on where this one ended.',
    exitCode: 130,
  });
}

function ended(what: string): Problem {
  return new Problem({
    code: 'PART_ENDED',
    message: `The ${what} has ended, so everything else was stopped.`,
    remedy: 'Start again; nothing acknowledged is lost.',
  });
}
