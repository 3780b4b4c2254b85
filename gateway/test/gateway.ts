import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAuthority,
  issueCertificate,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '@sallyport/sandbox';
import {
  type Clock,
  type EnvironmentId,
  type Limits,
  type Log,
  limitsWith,
  openSecretText,
  type Secret,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { canary } from '../../tools/leaks/canaries.ts';
import { createGateway, type Gateway, scopesOf } from '../src/main.ts';
import { type Cleanup, withDatabase } from './database.ts';
import { GENEROUS } from './generous.ts';

/** A gateway on a database of its own, with a sandbox beside it; both over real HTTPS. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly url: string;
  readonly ca: string;
  readonly sandbox: Sandbox;
  readonly environment: EnvironmentId;
  /** An `sk_admin_` key and an `sk_test_` key. */
  readonly adminKey: string;
  readonly testKey: string;
  readonly koywe: SandboxOptions['koywe'];
  readonly databaseUrl: Secret;
  readonly directory: string;
  readonly certificates: { readonly key: string; readonly cert: string };
  readonly declaredHosts: readonly string[];
}

export interface TestGatewayOptions {
  readonly limits?: Partial<Limits>;
  /** Hosts that may be called besides the sandbox. */
  readonly declaredHosts?: readonly string[];
  readonly sandbox?: Partial<SandboxOptions>;
  readonly log?: Log;
  readonly clock?: Clock;
}

/** Starts one; everything is ended and removed after the test. */
export async function withGateway(test: Cleanup, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const t = inReverse(test);
  const { url: databaseUrl } = await withDatabase(t);
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const authority = await createAuthority();
  const certificates = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });
  const koywe = {
    apiKey: 'koywe-sandbox-api-key-1',
    secret: canary('platformSecret'),
    organizationId: 'org_sandbox',
    merchantId: 'mrc_sandbox',
    ...options.sandbox?.koywe,
  };
  const sandbox = await startSandbox({
    tls: certificates,
    deliveryCa: authority.cert,
    retryFactor: 1 / 600,
    stepDelayMs: 5,
    control: true,
    ...options.sandbox,
    koywe,
  });
  t.after(() => sandbox.close());
  const limits = limitsWith({ ...GENEROUS, ...options.limits });
  const declaredHosts = [new URL(sandbox.url).host, ...(options.declaredHosts ?? [])];
  const gateway = await createGateway({
    databaseUrl,
    rootKeyFile: join(directory, 'root.key'),
    createRootKey: true,
    listen: { host: '127.0.0.1', port: 0 },
    tls: certificates,
    outbound: { ca: authority.cert, declaredHosts },
    checkpointDirectory: join(directory, 'checkpoints'),
    limits,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
  });
  t.after(() => gateway.stop());
  const { environments, access } = gateway.rooms;
  const organization = await environments.createOrganization({ name: 'test' }, SYSTEM);
  const { id: environment } = await environments.create(
    { organization: organization.id, name: 'development', kind: 'development', region: 'local' },
    SYSTEM,
  );
  const admin = await access.keys.create(
    { environment, kind: 'admin', name: 'admin', scopes: scopesOf('admin') },
    SYSTEM,
  );
  const runtime = await access.keys.create(
    { environment, kind: 'test', name: 'application', scopes: scopesOf('test') },
    SYSTEM,
  );
  const { port } = await gateway.start();
  return {
    gateway,
    url: `https://127.0.0.1:${port}`,
    ca: authority.cert,
    sandbox,
    environment,
    adminKey: openSecretText(admin.secret),
    testKey: openSecretText(runtime.secret),
    koywe,
    databaseUrl,
    directory,
    certificates,
    declaredHosts,
  };
}

/** Hooks of a test run in the order they were registered; what was started last must end first. */
function inReverse(test: Cleanup): Cleanup {
  const hooks: (() => Promise<void>)[] = [];
  test.after(async () => {
    for (const hook of hooks.toReversed()) await hook();
  });
  return { after: (hook) => hooks.push(hook) };
}
