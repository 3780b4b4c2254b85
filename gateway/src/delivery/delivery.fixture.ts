// For the tests of this room: nodes on a real database, webhooks that come in through ingest, receivers over HTTPS.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '@sallyport/sandbox';
import { sign } from '@sallyport/schemes';
import { Client } from 'pg';
import { type Audit, createAudit } from '#audit';
import {
  type AuditPort,
  type DestinationId,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  type Limits,
  type Log,
  limitsWith,
  openSecretText,
  Secret,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { createDelivery, type Delivery, type DeliveryView } from '#delivery';
import { createEnvironments, type Environments } from '#environments';
import { createIngest, type Ingest } from '#ingest';
import { createKeyring, type Keyring, openFileKeyManager } from '#keyring';
import { createOutbound } from '#outbound';
import { createStore, type Store } from '#store';
import { type Cleanup, withDatabase } from '#test/database';
import type { DestinationFields } from './destination-fields.ts';

/** One for the process: keys cost time. */
const authority = await createAuthority({ name: 'Delivery test authority' });
const certificates = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });
const WEBHOOK_SECRET = 'whsec-of-the-endpoint-under-test';

/** What a node in a process of its own must be told. */
export interface NodeSettings {
  readonly databaseUrl: string;
  readonly rootKeyFile: string;
  readonly ca: string;
  readonly limits: Limits;
}

export interface TestNode {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Environments;
  readonly audit: Audit;
  readonly ingest: Ingest;
  readonly delivery: Delivery;
}

export interface TestRooms extends TestNode {
  readonly settings: NodeSettings;
  readonly environment: EnvironmentId;
  /** Another node on the same database; not started. */
  node(log?: Log): Promise<TestNode>;
  /** A webhook comes in; its event's id. */
  receive(body?: Uint8Array): Promise<EventId>;
  destination(
    url: string,
    name?: string,
    fields?: DestinationFields,
  ): Promise<{ id: DestinationId; secret: Uint8Array; text: string }>;
  /** The endpoint of `receive`, and its secret. */
  readonly endpoint: EndpointId;
  readonly webhookSecret: string;
  /** The deliveries, oldest first. */
  deliveries(): Promise<readonly DeliveryView[]>;
}

/** The room with everything it stands on; its sender is not started. */
export async function withRooms(
  test: Cleanup,
  options: { limits?: Partial<Limits>; log?: Log } = {},
): Promise<TestRooms> {
  const t = inReverse(test);
  const { url } = await withDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const settings: NodeSettings = {
    databaseUrl: openSecretText(url),
    rootKeyFile: join(folder, 'root.key'),
    ca: authority.cert,
    limits: limitsWith({
      deliveryTimeoutMaxMs: options.limits?.deliveryTimeoutMs ?? 15_000,
      deliveryPollMs: 50,
      shutdownTimeoutMs: 100,
      keyCacheMs: 50,
      ...options.limits,
    }),
  };
  const node = await openNode(t, settings, options.log);
  const { environments, ingest, delivery } = node;
  const { id: organization } = await environments.createOrganization({ name: 'test' }, SYSTEM);
  const made = { organization, name: 'development', kind: 'development', region: 'local' } as const;
  const { id: environment } = await environments.create(made, SYSTEM);
  await delivery.prepare();
  await ingest.start();
  const secret = Secret.fromText(WEBHOOK_SECRET);
  const { id: endpoint } = await ingest.endpoints.create(
    {
      environment,
      platform: 'koywe',
      name: 'koywe',
      secret,
      structure: 'any',
      keepHeaders: ['x-trace', 'koywe-signature'],
    },
    SYSTEM,
  );
  let count = 0;
  return {
    ...node,
    settings,
    environment,
    endpoint,
    webhookSecret: WEBHOOK_SECRET,
    node: (log) => openNode(t, settings, log),
    async receive(given) {
      count += 1;
      const body = given ?? Buffer.from(`{"id":"evt_${count}","type":"order.paid"}`);
      const { headers } = sign({
        scheme: 'koywe',
        secrets: [Buffer.from(WEBHOOK_SECRET)],
        body,
        nowMs: Date.now(),
      });
      const rawHeaders = [...headers.flat(), 'content-type', 'application/json', 'x-trace', 'trace-1'];
      const { event } = await ingest.receive({ endpoint, rawHeaders, body, address: '127.0.0.1' });
      assert.ok(event !== null);
      return event;
    },
    async destination(to, name = `destination ${(count += 1)}`, fields = {}) {
      const { destination, secret: text } = await delivery.destinations.create(
        { environment, name, url: to, ...fields },
        SYSTEM,
      );
      const shown = openSecretText(text ?? Secret.fromText(''));
      return { id: destination.id, secret: Buffer.from(shown.slice('whsec_'.length), 'base64'), text: shown };
    },
    async deliveries() {
      return (await delivery.list({ environment, limit: 200 })).items.toReversed();
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

/** A node; everything of it ends with the test. */
export async function openNode(t: Cleanup, settings: NodeSettings, log: Log = silentLog): Promise<TestNode> {
  const { limits } = settings;
  const clock = systemClock;
  const keyManager = await openFileKeyManager({ file: settings.rootKeyFile, create: true });
  const store = await createStore({ url: Secret.fromText(settings.databaseUrl), limits, log, clock });
  const late: { audit: Audit | null } = { audit: null };
  const lateAudit: AuditPort = {
    record: async (...args) => late.audit?.record(...args),
    note: async (...args) => late.audit?.note(...args),
  };
  const keyring = createKeyring({ store, keyManager, audit: lateAudit, clock, log });
  const audit = createAudit({ store, keyring, limits, clock, log, sinks: [] });
  late.audit = audit;
  const outbound = createOutbound({ declaredHosts: ['127.0.0.1'], ca: settings.ca, limits, clock, log });
  const shared = { store, keyring, audit, limits, clock, log };
  const rooms: { delivery: Delivery | null } = { delivery: null };
  const environments = createEnvironments(shared);
  const ingest = createIngest({
    ...shared,
    environments,
    fanOut: {
      inTransaction: async (...args) => rooms.delivery?.inTransaction(...args),
      announce: () => rooms.delivery?.announce(),
    },
    documents: { get: () => Promise.reject(new Error('nothing is fetched here')) },
    readBack: {
      knows: async () => true,
      read: () => Promise.reject(new Error('nothing is read back here')),
    },
  });
  const delivery = createDelivery({ ...shared, environments, outbound, events: ingest });
  rooms.delivery = delivery;
  t.after(async () => {
    await ingest.stop();
    await delivery.stop();
    await outbound.close();
    await audit.stop();
    await store.close();
  });
  return { store, keyring, environments, audit, ingest, delivery };
}

/** A request as a receiver got it. */
export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves when this many have been received. */
  has(count: number): Promise<void>;
}

/** An application that receives events and answers by a script; 200 without one. */
export async function withReceiver(
  t: Cleanup,
  answer: (response: ServerResponse, request: Received, index: number) => void = (response) => response.end(),
): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(certificates, (request, response) => {
    const chunks: Buffer[] = [];
    response.on('error', () => undefined);
    request
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const { headers, rawHeaders } = request;
        const one = { id: String(headers['webhook-id']), headers, rawHeaders, body: Buffer.concat(chunks) };
        received.push(one);
        answer(response, one, received.length - 1);
        for (const look of waiting) look();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}/webhooks`,
    received,
    has: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Runs a statement as the owner, below every policy: for what no node would do, and for looking behind it. */
export async function asOwner(
  { settings }: TestRooms,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client(settings.databaseUrl);
  await client.connect();
  try {
    for (const table of ['deliveries', 'attempts', 'events', 'destinations', 'destination_secrets'])
      await client.query(`alter table sallyport.${table} no force row level security`);
    await client.query('set search_path = sallyport');
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** The time of every retry has come. */
export async function makeDue(rooms: TestRooms): Promise<void> {
  await asOwner(rooms, `update deliveries set next_attempt_at = now() where state = 'due'`);
  rooms.delivery.announce();
}

/** Resolves when a condition holds; polls, since what it waits for has no other sign. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('what was waited for did not happen');
}
