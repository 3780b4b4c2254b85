// For the tests of this room: its nodes on a real database, in front of the sandbox or of a platform that plays a script.

import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
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
  type Act,
  type Actor,
  type AuditPort,
  type Clock,
  type ConnectionId,
  type EnvironmentId,
  Fault,
  type FaultCode,
  type Limits,
  limitsWith,
  type Secret,
  SYSTEM,
  silentLog,
} from '#base';
import { type Connections, createConnections, type ForwardAnswer } from '#connections';
import { createEnvironments, type EnvironmentKind, type Environments } from '#environments';
import { createKeyring, type KeyManager, type Keyring, openFileKeyManager } from '#keyring';
import { createOutbound } from '#outbound';
import { createStore, type Store } from '#store';
import { type Cleanup, withDatabase } from '#test/database';

/** One for the process: keys cost time. */
export const authority = await createAuthority({ name: 'Connections test authority' });
const certificates = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });

export const CREDENTIAL = Object.freeze({
  apiKey: 'koywe-test-api-key-1',
  secret: 'koywe-test-secret-0123456789',
});
export const ORGANIZATION = 'org_test';
export const ACTOR: Actor = Object.freeze({ ...SYSTEM, kind: 'key', id: 'key_test' });

/** A clock that runs, and can be set forward. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function createClock(): TestClock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    monotonic: () => performance.now() + ahead,
    advance(ms) {
      ahead += ms;
    },
  };
}

/** A log that keeps what it is given, and refuses from a chosen moment on. */
export interface TestAudit extends AuditPort {
  readonly acts: readonly Act[];
  /** Refuses every entry of this action. */
  refuse(action: string): void;
}

export function createTestAudit(): TestAudit {
  const acts: Act[] = [];
  const refused = new Set<string>();
  const keep = async (act: Act): Promise<void> => {
    if (refused.has(act.action)) throw new Fault('AUDIT_UNAVAILABLE', { retryAfterSeconds: 1 });
    acts.push(act);
  };
  return {
    acts,
    refuse: (action) => refused.add(action),
    record: (_tx, _environment, act) => keep(act),
    note: (_environment, act) => keep(act),
  };
}

export interface TestNode {
  readonly store: Store;
  readonly connections: Connections;
}

export interface TestRooms extends TestNode {
  readonly url: Secret;
  readonly keyring: Keyring;
  readonly environments: Environments;
  readonly audit: TestAudit;
  readonly clock: TestClock;
  readonly limits: Limits;
  readonly environment: EnvironmentId;
  /** Another node on the same database; `beforeLock` runs between its look at what is kept and its try for the lock. */
  node(beforeLock?: () => Promise<unknown>): Promise<TestNode>;
  /** An environment of a kind. */
  environmentOf(kind: EnvironmentKind): Promise<EnvironmentId>;
  /** A connection to the platform under test. */
  connect(baseUrl: string, credential?: Readonly<Record<string, string>>): Promise<ConnectionId>;
}

export interface TestRoomsOptions {
  readonly limits?: Partial<Limits>;
  readonly declaredHosts?: readonly string[];
}

/** The room with everything it stands on. */
export async function withRooms(test: Cleanup, options: TestRoomsOptions = {}): Promise<TestRooms> {
  const t = inReverse(test);
  const { store, url } = await withDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const keyManager = await openFileKeyManager({ file: join(folder, 'root.key'), create: true });
  const limits = limitsWith({ shutdownTimeoutMs: 100, keyCacheMs: 50, ...options.limits });
  const [audit, clock] = [createTestAudit(), createClock()];
  const declaredHosts = ['127.0.0.1', ...(options.declaredHosts ?? [])];
  const shared = { audit, clock, limits, log: silentLog, declaredHosts, keyManager };
  const node = nodeOn(t, { ...shared, store });
  const { environments } = node;
  const { id: organization } = await environments.createOrganization({ name: 'test' }, SYSTEM);
  const environmentOf = async (kind: EnvironmentKind): Promise<EnvironmentId> =>
    (await environments.create({ organization, name: kind, kind, region: 'local' }, SYSTEM)).id;
  const environment = await environmentOf('development');
  let names = 0;
  return {
    ...node,
    url,
    audit,
    clock,
    limits,
    environment,
    environmentOf,
    async node(beforeLock = async () => undefined) {
      const own = await createStore({ url, limits, log: silentLog, clock });
      const withLock: Store['withLock'] = async (name, work) => {
        await beforeLock();
        return own.withLock(name, work);
      };
      const made = nodeOn(t, { ...shared, store: { ...own, withLock } });
      t.after(() => own.close());
      return made;
    },
    async connect(baseUrl, credential = CREDENTIAL) {
      names += 1;
      const connection = { environment, platform: 'koywe', name: `koywe ${names}`, credential, baseUrl };
      return (await node.connections.create(connection, ACTOR)).id;
    },
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

interface NodePorts {
  readonly store: Store;
  readonly keyManager: KeyManager;
  readonly audit: TestAudit;
  readonly clock: TestClock;
  readonly limits: Limits;
  readonly log: typeof silentLog;
  readonly declaredHosts: readonly string[];
}

function nodeOn(t: Cleanup, ports: NodePorts): TestNode & { keyring: Keyring; environments: Environments } {
  const keyring = createKeyring(ports);
  const shared = { ...ports, keyring };
  const environments = createEnvironments(shared);
  const outbound = createOutbound({ ...ports, ca: authority.cert });
  t.after(() => outbound.close());
  const connections = createConnections({ ...shared, environments, outbound });
  return { store: ports.store, keyring, environments, connections };
}

/** The sandbox, with the credential of these tests. */
export async function withSandbox(t: Cleanup, options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const koywe = { ...CREDENTIAL, organizationId: ORGANIZATION, merchantId: 'mrc_test' };
  const sandbox = await startSandbox({
    tls: certificates,
    ...options,
    koywe: { ...koywe, ...options.koywe },
  });
  t.after(() => sandbox.close());
  return sandbox;
}

/** The token that scripted platforms give. */
export const TOKEN = 'eyJhbGciOiJub25lIn0.token-of-a-scripted-platform.0123456789+/=';

/** A platform that signs everybody in with {@link TOKEN} and answers the rest by a script. */
export async function withPlatform(
  t: Cleanup,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(certificates, (request, response) => {
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    if (request.url !== '/api/v1/auth/sign-in') return answer(request, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ token: TOKEN }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return `https://127.0.0.1:${port}`;
}

/** A call to the sandbox's list of webhooks, or to anywhere else. */
export interface TestCall {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  /** `null` for a body of unknown length; without it that of the bytes given. */
  readonly bodyBytes?: number | null;
  readonly environment?: EnvironmentId;
  readonly via?: TestNode;
}

/** Forwards a call; its answer is still to be read. */
export function send(
  rooms: TestRooms,
  connection: ConnectionId,
  call: TestCall = {},
): Promise<ForwardAnswer> {
  const { body = null, via = rooms } = call;
  return via.connections.forward({
    environment: call.environment ?? rooms.environment,
    connection,
    method: call.method ?? 'GET',
    target: call.target ?? `/api/v1/organizations/${ORGANIZATION}/webhooks`,
    headers: call.headers ?? [],
    body: body instanceof Uint8Array ? once(body) : body,
    bodyBytes:
      call.bodyBytes !== undefined ? call.bodyBytes : body instanceof Uint8Array ? body.length : null,
    actor: ACTOR,
  });
}

/** Forwards a call and reads the answer to its end. */
export async function sendWhole(
  rooms: TestRooms,
  connection: ConnectionId,
  call: TestCall = {},
): Promise<{ status: number; headers: Readonly<Record<string, string>>; text: string }> {
  const { status, headers, body } = await send(rooms, connection, call);
  return { status, headers: Object.fromEntries(headers), text: (await bytesOf(body)).toString('latin1') };
}

export async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The fault a promise rejects with; anything else fails the test. */
export async function faultOf(promise: Promise<unknown>, code: FaultCode): Promise<Fault> {
  const error = await promise.then(
    () => new Error(`resolved in place of ${code}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Fault) || error.code !== code) throw new Error(`expected ${code}`, { cause: error });
  return error;
}

/** Resolves when a condition holds; polls, since what it waits for has no other sign. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('what was waited for did not happen');
}
