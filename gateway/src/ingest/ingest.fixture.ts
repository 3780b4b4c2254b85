import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sign } from '@sallyport/schemes';
import { Client } from 'pg';
import { type Audit, createAudit } from '#audit';
import {
  type AuditPort,
  type Clock,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  type FanOut,
  Fault,
  type Limits,
  openSecretText,
  type PublicDocuments,
  type ReadBack,
  Secret,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { createEnvironments, type Environments } from '#environments';
import { createIngest, type EndpointView, type Ingest, type Webhook } from '#ingest';
import { createKeyring, type Keyring, openFileKeyManager } from '#keyring';
import { createStore, type Store } from '#store';
import { type Cleanup, withDatabase } from '#test/database';

/** For tests: a node that takes webhooks. */
export interface TestNode {
  readonly ingest: Ingest;
  readonly audit: Audit;
  readonly keyring: Keyring;
  readonly environments: Environments;
}

/** For tests: ingest with a real log, on a database of its own. */
export interface TestIngest extends TestNode {
  readonly store: Store;
  readonly url: Secret;
  readonly limits: Limits;
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointView;
  /** Another node on the same database, under the same root key. */
  node(options?: TestIngestOptions): Promise<TestNode>;
}

export interface TestIngestOptions {
  readonly limits?: Partial<Limits>;
  readonly fanOut?: FanOut;
  readonly readBack?: ReadBack;
  readonly documents?: PublicDocuments;
  readonly clock?: Clock;
}

export const SECRET = 'secret-of-the-endpoint-0123456789';

/** For tests: deliveries that nobody makes. */
export const noFanOut: FanOut = { inTransaction: async () => undefined, announce: () => undefined };

/** For tests: a platform that is away. */
const noReadBack: ReadBack = {
  knows: async () => true,
  read: async () => {
    throw new Fault('OUTBOUND_CONNECT_FAILED');
  },
};

const noDocuments: PublicDocuments = {
  get: async () => {
    throw new Fault('OUTBOUND_CONNECT_FAILED');
  },
};

/** For tests: makes one, with an endpoint whose secret is {@link SECRET} and that takes any body; partitions are there. */
export async function withIngest(test: Cleanup, options: TestIngestOptions = {}): Promise<TestIngest> {
  // Hooks run in the order in which they were registered; what was made last must end first.
  const hooks: (() => Promise<void>)[] = [];
  test.after(async () => {
    for (const hook of hooks.toReversed()) await hook();
  });
  const t: Cleanup = { after: (hook) => hooks.push(hook) };
  const { store, url, limits } = await withDatabase(t, options.limits);
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-ingest-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'root.key');
  await openFileKeyManager({ file, create: true });
  const make = async (on: Store, { limits: _overrides, ...given }: TestIngestOptions): Promise<TestNode> => {
    const node = await ingestOn({ store: on, file, limits, ...given });
    t.after(() => node.ingest.stop().catch(() => undefined));
    await node.ingest.start();
    return node;
  };
  const own = await make(store, options);
  const environment = await environmentOf(own);
  const endpoint = await own.ingest.endpoints.create(
    { environment, platform: 'koywe', name: 'koywe', secret: Secret.fromText(SECRET), structure: 'any' },
    SYSTEM,
  );
  return {
    ...own,
    store,
    url,
    limits,
    environment,
    endpoint,
    async node(given = options) {
      const other = await createStore({ url, limits, log: silentLog, clock: systemClock });
      t.after(() => other.close());
      return make(other, given);
    },
  };
}

/** For tests: an environment. */
export async function environmentOf({ environments }: TestNode, name = 'test'): Promise<EnvironmentId> {
  const { id: organization } = await environments.createOrganization({ name }, SYSTEM);
  const made = { organization, name, kind: 'development', region: 'local' } as const;
  return (await environments.create(made, SYSTEM)).id;
}

/** For tests: the rooms that ingest needs, on a store. Not started. */
export async function ingestOn(
  parts: { store: Store; file: string; limits: Limits } & Omit<TestIngestOptions, 'limits'>,
): Promise<TestNode> {
  const {
    store,
    file,
    limits,
    fanOut = noFanOut,
    readBack = noReadBack,
    documents = noDocuments,
    clock = systemClock,
  } = parts;
  const late: { audit: AuditPort | null } = { audit: null };
  const shared = { store, limits, clock, log: silentLog };
  const keyring = createKeyring({
    ...shared,
    keyManager: await openFileKeyManager({ file }),
    audit: {
      record: async (...args) => late.audit?.record(...args),
      note: async (...args) => late.audit?.note(...args),
    },
  });
  const audit = createAudit({ ...shared, keyring, sinks: [] });
  late.audit = audit;
  const environments = createEnvironments({ ...shared, audit });
  const ingest = createIngest({ ...shared, keyring, environments, audit, fanOut, readBack, documents });
  return { audit, keyring, environments, ingest };
}

export interface WebhookOptions {
  readonly endpoint: EndpointId;
  readonly secret?: string;
  readonly headers?: readonly string[];
  readonly address?: string;
}

/** For tests: a webhook as Koywe signs it. */
export function signed(body: Uint8Array | string, options: WebhookOptions) {
  const { endpoint, secret = SECRET, headers = [], address = '192.0.2.1' } = options;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const { headers: signature } = sign({
    scheme: 'koywe',
    secrets: [Buffer.from(secret)],
    body: bytes,
    nowMs: 0,
  });
  return { endpoint, rawHeaders: [...headers, ...signature.flat()], body: bytes, address };
}

/** For tests: hands a webhook over that is stored, or was before. */
export async function kept(
  ingest: Pick<Ingest, 'receive'>,
  webhook: Webhook,
): Promise<{ readonly event: EventId; readonly duplicate: boolean }> {
  const { event, duplicate } = await ingest.receive(webhook);
  assert.ok(event !== null, 'its type is wanted');
  return { event, duplicate };
}

/** For tests: a body with an id. */
export function eventBody(id: string, more = ''): string {
  return `{"id":"${id}","type":"order.paid","data":{"orderId":"${id}"}${more}}`;
}

/** For tests: the owner of the tables, for whom row security is switched off where it stands in the way. */
export async function asOwner<T>(url: Secret, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(openSecretText(url));
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('set search_path = sallyport');
    return await work(client);
  } finally {
    await client.end();
  }
}

/** For tests: the rows of a statement within an environment. */
export async function rowsOf(
  url: Secret,
  environment: EnvironmentId,
  text: string,
): Promise<Record<string, unknown>[]> {
  return asOwner(url, async (client) => {
    await client.query(`set role sallyport_runtime; set sallyport.environment = '${environment}'`);
    return (await client.query<Record<string, unknown>>(text)).rows;
  });
}

/** For tests: the details of the entries of one action, oldest first. */
export async function logged(node: TestNode, environment: EnvironmentId, action: string) {
  await node.audit.integrate();
  const { items } = await node.audit.entries({ environment, action, limit: 1_000 });
  return items.map(({ entry }) => entry).toReversed();
}
