import {
  type AuditPort,
  type Clock,
  type EventReader,
  type FanOut,
  type Limits,
  type Log,
  type PublicDocuments,
  type ReadBack,
  type Repeat,
  repeat,
} from '#base';
import type { Environments } from '#environments';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { type Callers, createCallers } from './callers.ts';
import { createCommits } from './commit.ts';
import { createConfirmations } from './confirmations.ts';
import { type Counts, createCounts } from './counts.ts';
import { createInUse } from './endpoint-in-use.ts';
import { createEndpointSecrets, type EndpointSecrets } from './endpoint-secrets.ts';
import { createEndpoints, type Endpoints } from './endpoints.ts';
import { createEvents, type Events } from './events.ts';
import { createFetchedKeys } from './fetched-keys.ts';
import { createOwnEvents, type OwnEvents } from './own-events.ts';
import { ensurePartitions } from './partitions.ts';
import { createReceiver, type Receiver } from './receive.ts';
import { createRefusals } from './refusals.ts';
import { retireEvents } from './retention.ts';

export interface IngestPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly audit: AuditPort;
  readonly fanOut: FanOut;
  readonly readBack: ReadBack;
  readonly documents: PublicDocuments;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Webhooks in. */
export interface Ingest extends EventReader, Receiver {
  /** Makes sure that events can be stored, now and from now on. */
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly endpoints: Endpoints;
  readonly secrets: EndpointSecrets;
  readonly own: OwnEvents;
  readonly callers: Pick<Callers, 'flush' | 'list' | 'tryAddresses' | 'sweep'>;
  readonly counts: Pick<Counts, 'flush' | 'list' | 'sweep'>;
  readonly events: Omit<Events, 'read' | 'scan' | 'open'>;
}

/** Makes the ingest room. */
export function createIngest(ports: IngestPorts): Ingest {
  const { limits, clock, log } = ports;
  const callers = createCallers(ports);
  const counts = createCounts(ports);
  const inUse = createInUse(ports);
  const { uses, ...secrets } = createEndpointSecrets({ ...ports, forget: inUse.forget });
  const endpoints = createEndpoints({ ...ports, callers, forget: inUse.forget });
  const refusals = createRefusals(ports);
  const events = createEvents(ports);
  const confirmations = createConfirmations({ ...ports, inUse: inUse.get, open: events.open });
  const commits = createCommits({ ...ports, confirm: confirmations.wake });
  const own = createOwnEvents({ ...ports, commits });
  const receiver = createReceiver({
    ...ports,
    callers,
    counts,
    refusals,
    commits,
    keys: createFetchedKeys(ports),
    inUse: inUse.get,
    countSecretUse: uses.count,
  });
  let partitions: Repeat | null = null;

  return {
    ...receiver,
    endpoints,
    secrets,
    own,
    callers,
    counts,
    events,
    read: events.read,
    isThere: events.isThere,
    scan: events.scan,
    async start() {
      await ensurePartitions(ports);
      const run = async (signal: AbortSignal): Promise<void> => {
        await ensurePartitions(ports);
        await retireEvents(ports, signal);
      };
      partitions ??= repeat({ name: 'ingest.partitions', everyMs: limits.retentionEveryMs, run, clock, log });
      callers.start();
      counts.start();
      uses.start();
      confirmations.start();
    },
    async stop() {
      await partitions?.stop();
      await confirmations.stop();
      await Promise.all([commits.close(), refusals.close()]);
      await Promise.all([callers.stop(), counts.stop(), uses.stop()]);
    },
  };
}
