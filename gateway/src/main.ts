import { type Access, accessErasure, createAccess } from '#access';
import { type Audit, auditErasure, createAudit, fileCheckpointSink } from '#audit';
import {
  type AuditPort,
  type Clock,
  concatBytes,
  Fault,
  type Limits,
  type Log,
  type PublicDocuments,
  type ReadBack,
  type Repeat,
  repeat,
  type Secret,
  SYSTEM,
} from '#base';
import { type Connections, connectionsErasure, createConnections } from '#connections';
import { createDelivery, type Delivery, deliveryErasure } from '#delivery';
import { createEnvironments, createEraser, type Environments, environmentOfSubject } from '#environments';
import { createHttp, type Listen, type ListenerTls, type Listening, warnOfAdminLockout } from '#http';
import { createIngest, type Ingest, ingestErasure } from '#ingest';
import { createKeyring, type Keyring, keyringErasure, openFileKeyManager } from '#keyring';
import { createOutbound, type Outbound } from '#outbound';
import { createAttempts, createRates } from '#rates';
import { createStore, type Store, storeErasure } from '#store';
import { allMigrations } from './migrations.ts';

export { SCOPES, type Scope, scopesOf } from '#access';
export * from '#base';
export type { Environment, EnvironmentKind, EnvironmentState } from '#environments';
export { adminLockout } from '#http';
export { openFileKeyManager } from '#keyring';
export { PLATFORMS } from '#platforms';
export { claim, createStore, type Embedded, migrate, removeEmbedded, startEmbedded } from '#store';
export { allMigrations } from './migrations.ts';

export interface GatewayOptions {
  /** A migrated Postgres, as the user that may take the runtime roles. */
  readonly databaseUrl: Secret;
  readonly rootKeyFile: string;
  /** Makes the root key when there is none. Only where the database is new or the embedded one. */
  readonly createRootKey: boolean;
  readonly listen: Listen;
  /** How others reach this gateway. By the address it listens on when absent. */
  readonly publicUrl?: string | null;
  readonly tls: ListenerTls;
  /** Proxies whose `X-Forwarded-For` is believed, as ranges. None when absent. */
  readonly trustedProxies?: readonly string[];
  /** From where administration is open, as ranges. From everywhere when absent or empty. */
  readonly adminAddresses?: readonly string[];
  readonly outbound: { readonly ca: string | null; readonly declaredHosts: readonly string[] };
  readonly checkpointDirectory: string;
  /** Where several nodes count rates together; a node alone needs none. */
  readonly redisUrl?: Secret | null;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rooms that a local command uses besides the HTTP surface, to set up the first environment and what is in it. */
export interface Rooms {
  readonly environments: Environments;
  readonly access: Access;
  readonly audit: Audit;
  readonly connections: Connections;
  readonly endpoints: Ingest['endpoints'];
  readonly destinations: Delivery['destinations'];
}

/** A gateway node. */
export interface Gateway {
  readonly rooms: Rooms;
  /** Opens the listener; where it listens. */
  start(): Promise<Listening>;
  /** Looks at once whether the files of the certificate have changed. */
  reloadCertificate(): void;
  /** Takes no more, finishes what is under way, and closes everything. */
  stop(): Promise<void>;
}

/** Whoever brings a table of environments brings what empties it. The feed last, so that nodes hear of it to the end. */
const ERASURES = Object.freeze({
  keys: keyringErasure,
  rows: [auditErasure, accessErasure, connectionsErasure, ingestErasure, deliveryErasure, storeErasure],
});
const SWEEP_EVERY_MS = 600_000;

/**
 * Joins the rooms into a gateway; the only place that does.
 *
 * @example const gateway = await createGateway(options); const { port } = await gateway.start();
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { databaseUrl, limits, clock, log, listen } = options;
  const store = await createStore({ url: databaseUrl, limits, log, clock });
  try {
    await requireUpToDate(store);
    return await join(options, store);
  } catch (thrown) {
    await store.close();
    throw thrown;
  }

  async function join(
    { rootKeyFile, createRootKey, tls, checkpointDirectory, ...rest }: GatewayOptions,
    store: Store,
  ) {
    const keyManager = await openFileKeyManager({ file: rootKeyFile, create: createRootKey });
    // The keyring records in the log, and the log seals its signing keys with the keyring: one of them comes first.
    const late: { audit: AuditPort | null; delivery: Delivery | null } = { audit: null, delivery: null };
    const keyring: Keyring = createKeyring({ store, keyManager, audit: lateAudit(late), clock, log });
    await keyring.check();
    const sinks = [fileCheckpointSink({ directory: checkpointDirectory })];
    const audit = createAudit({ store, keyring, limits, clock, log, sinks });
    late.audit = audit;
    const shared = { store, keyring, audit, limits, clock, log };
    // What was destroyed with an environment must not live on in a node's memory.
    store.changes.follow((subject) => {
      const environment = environmentOfSubject(subject);
      if (environment === null) return;
      keyring.forget(environment);
      audit.forget(environment);
    });
    const environments = createEnvironments(shared);
    const access = createAccess({ ...shared, environments });
    let own: { address: string; port: number }[] = [];
    const outbound = createOutbound({ ...rest.outbound, ownAddresses: () => own, limits, clock, log });
    const { declaredHosts } = rest.outbound;
    const connections: Connections = createConnections({ ...shared, environments, outbound, declaredHosts });
    const ingest: Ingest = createIngest({
      ...shared,
      environments,
      readBack: readBackOver(connections, limits),
      documents: documentsOver(outbound),
      fanOut: {
        inTransaction: (...args) => required(late.delivery).inTransaction(...args),
        announce: () => late.delivery?.announce(),
      },
    });
    const delivery = createDelivery({ ...shared, environments, outbound, events: ingest });
    late.delivery = delivery;
    const eraser = createEraser({ ...shared, finishLog: audit.finish, erasures: ERASURES });
    const health = (): Promise<unknown> => store.health();
    const { trustedProxies = [], adminAddresses = [], publicUrl = null, redisUrl = null } = rest;
    const rates = await createRates({ limits, clock, log, redisUrl, redisCa: rest.outbound.ca });
    const attempts = createAttempts({ rates, clock, limits });
    const http = createHttp({
      ...shared,
      access,
      rates,
      attempts,
      connections,
      ingest,
      delivery,
      health,
      listen,
      publicUrl,
      tls,
      trustedProxies,
      adminAddresses,
    });
    let sweep: Repeat | null = null;

    return {
      rooms: {
        environments,
        access,
        audit,
        connections,
        endpoints: ingest.endpoints,
        destinations: delivery.destinations,
      },
      async start() {
        await delivery.prepare();
        await ingest.start();
        audit.start();
        await warnOfAdminLockout({ store, adminAddresses, clock, log });
        const address = await http.start();
        own = [address.port, address.plainPort ?? []].flat().map((port) => ({ address: address.host, port }));
        delivery.start();
        access.start();
        eraser.start();
        sweep = repeat({
          name: 'access.sweep',
          everyMs: SWEEP_EVERY_MS,
          run: () => access.sweep(),
          clock,
          log,
        });
        return address;
      },
      reloadCertificate: () => http.reloadCertificate(),
      async stop() {
        // In this order: what comes in ends before what it needs. One that fails keeps none of the others open.
        delivery.endWaiting();
        const ends = [
          http,
          sweep,
          eraser,
          access,
          ingest,
          delivery,
          { stop: () => outbound.close() },
          audit,
          { stop: () => rates.close() },
          { stop: () => store.close() },
        ];
        const failures: unknown[] = [];
        for (const end of ends) await end?.stop().catch((thrown: unknown) => failures.push(thrown));
        if (failures.length > 0) throw failures[0];
      },
    };
  }
}

/** A gateway never runs on a schema that it doesn't know whole: half of it might work, and lose what the rest was for. */
async function requireUpToDate(store: Store): Promise<void> {
  const applied = new Set(await store.applied());
  const missing = allMigrations.filter(({ number }) => !applied.has(number)).length;
  if (missing === 0) return;
  throw new Fault('DATABASE_UNSUITABLE', {
    detail: `It lacks ${missing} migration(s) of this version: run \`sallyport migrate\`.`,
  });
}

function lateAudit(late: { readonly audit: AuditPort | null }): AuditPort {
  return {
    record: (...args) => required(late.audit).record(...args),
    note: (...args) => required(late.audit).note(...args),
  };
}

function required<T>(room: T | null): T {
  if (room === null) throw new Fault('INTERNAL', { detail: 'A room was used before it was joined.' });
  return room;
}

/** Reads of platforms, made as any call is: under the connection's credential, in the log, scrubbed. */
function readBackOver(connections: Pick<Connections, 'forward' | 'get'>, limits: Limits): ReadBack {
  return {
    knows: (target) =>
      connections.get(target).then(
        () => true,
        (thrown: unknown) => {
          if (thrown instanceof Fault && thrown.code === 'CONNECTION_NOT_FOUND') return false;
          throw thrown;
        },
      ),
    async read({ environment, connection, target }) {
      const { status, body } = await connections.forward({
        environment,
        connection,
        target,
        method: 'GET',
        headers: [['accept', 'application/json']],
        body: null,
        bodyBytes: null,
        actor: SYSTEM,
      });
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for await (const piece of body) {
        bytes += piece.length;
        if (bytes > limits.confirmAnswerBytesMax)
          throw new Fault('OUTBOUND_RESPONSE_INVALID', { detail: 'It is too long.' });
        pieces.push(piece);
      }
      return { status, body: concatBytes(pieces) };
    },
  };
}

/** Documents over the one way out: https, names resolved once, no redirects, addresses checked. */
function documentsOver(outbound: Pick<Outbound, 'call'>): PublicDocuments {
  return {
    async get({ url, bytesMax }) {
      const { origin, pathname, search } = new URL(url);
      const answer = await outbound.call({
        origin,
        target: pathname + search,
        method: 'GET',
        headers: [['accept', '*/*']],
        body: null,
        pool: 'documents',
        responseBytesMax: bytesMax,
      });
      return { status: answer.status, body: await answer.bytes(bytesMax) };
    },
  };
}
