// node:crypto here: the SHA-256 digest of a body, by which the log vouches for it.
import { hash } from 'node:crypto';
import { type Accepted, verify } from '@sallyport/schemes';
import {
  type AuditPort,
  type Clock,
  createIdSequence,
  type EndpointId,
  type EnvironmentId,
  type EventReader,
  type FanOut,
  Fault,
  type Limits,
  type Log,
  type Repeat,
  repeat,
  textOf,
} from '#base';
import type { EnvironmentState, Environments } from '#environments';
import type { Keyring } from '#keyring';
import { textAt } from '#platforms';
import type { Store } from '#store';
import { type Callers, createCallers } from './callers.ts';
import { createCommits, type Stored } from './commit.ts';
import { createEndpoints, type EndpointInUse, type Endpoints } from './endpoints.ts';
import { createEvents, type Events } from './events.ts';
import { keptHeaders } from './kept-headers.ts';
import { ensurePartitions } from './partitions.ts';
import { createRefusals } from './refusals.ts';
import { sealEvent } from './sealed-event.ts';

/** Where a webhook comes in, and from where. */
export interface Arrival {
  readonly endpoint: EndpointId;
  readonly address: string;
}

/** A webhook as it arrived, its body read whole under the limit. */
export interface Webhook extends Arrival {
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

export interface IngestPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly audit: AuditPort;
  readonly fanOut: FanOut;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Webhooks in. */
export interface Ingest extends EventReader {
  /** Makes sure that events can be stored, now and from now on. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Whether a webhook would be taken there: asked before its body is read. `ENDPOINT_NOT_FOUND`, `ADDRESS_REFUSED`,
   * `ENDPOINT_PAUSED`, `ENVIRONMENT_PAUSED`.
   */
  expect(arrival: Arrival): Promise<void>;
  /**
   * Verifies a webhook and stores it; resolves when it is durable. A duplicate gets the id of the event that is
   * already there. `ENDPOINT_NOT_FOUND`, `ADDRESS_REFUSED`, `ENDPOINT_PAUSED`, `ENVIRONMENT_PAUSED`, `WEBHOOK_REFUSED` (for every reason
   * alike), `BUSY`, `STORE_UNAVAILABLE`.
   */
  receive(webhook: Webhook): Promise<Stored>;
  readonly endpoints: Endpoints;
  readonly callers: Pick<Callers, 'flush' | 'list' | 'tryAddresses' | 'sweep'>;
  readonly events: Omit<Events, 'read'>;
}

const PAUSE_RETRY_SECONDS = 60;
const TYPE_CHARACTERS_MAX = 100;
const CONTENT_TYPE_CHARACTERS_MAX = 200;
const PARTITIONS_EVERY_MS = 6 * 3_600_000;

interface Verified {
  readonly target: EndpointInUse;
  readonly webhook: Webhook;
  readonly verdict: Accepted;
  readonly receivedAtMs: number;
}

/** Makes the ingest room. */
export function createIngest(ports: IngestPorts): Ingest {
  const { store, keyring, environments, audit, clock, log } = ports;
  const callers = createCallers(ports);
  const endpoints = createEndpoints({ ...ports, callers });
  const refusals = createRefusals(ports);
  const commits = createCommits(ports);
  const events = createEvents(ports);
  const nextId = createIdSequence('event', clock);
  let partitions: Repeat | null = null;

  const refuse = async (
    target: EndpointInUse,
    refusal: { reason: string; address: string; code: 'WEBHOOK_REFUSED' | 'ADDRESS_REFUSED' },
  ): Promise<never> => {
    const { environment, id: endpoint } = target;
    const { reason, address, code } = refusal;
    callers.count({ environment, endpoint, address }, 'refused');
    await refusals.record({ environment, endpoint, reason, address });
    throw new Fault(code);
  };

  const open = async ({ endpoint, address }: Arrival): Promise<EndpointInUse> => {
    const target = await endpoints.inUse(endpoint);
    if (target === null) throw new Fault('ENDPOINT_NOT_FOUND');
    // Before anything else is said of it: who may not call learns nothing about its state either.
    if (target.ranges !== null && !target.ranges.includes(address))
      return refuse(target, { reason: 'address', address, code: 'ADDRESS_REFUSED' });
    if (target.state === 'paused')
      throw new Fault('ENDPOINT_PAUSED', { retryAfterSeconds: PAUSE_RETRY_SECONDS });
    // Asked each time: an environment that is frozen takes nothing from then on, whatever is remembered of its endpoints.
    const state = await stateOf(target.environment);
    if (state === null) throw new Fault('ENDPOINT_NOT_FOUND');
    if (state !== 'active') throw new Fault('ENVIRONMENT_PAUSED', { retryAfterSeconds: PAUSE_RETRY_SECONDS });
    return target;
  };

  /** `null` when the environment is deleted. */
  const stateOf = (environment: EnvironmentId): Promise<EnvironmentState | null> =>
    environments.get(environment).then(
      ({ state }) => state,
      (thrown: unknown) => {
        if (thrown instanceof Fault && thrown.code === 'ENVIRONMENT_NOT_FOUND') return null;
        throw thrown;
      },
    );

  const take = (target: EndpointInUse, webhook: Webhook): Promise<Stored> => {
    const { rawHeaders, body, address } = webhook;
    const { platform, secrets } = target;
    const nowMs = clock.now();
    const verdict = verify({ scheme: platform.scheme, secrets, rawHeaders, body, nowMs });
    if (!verdict.ok) return refuse(target, { reason: verdict.reason, address, code: 'WEBHOOK_REFUSED' });
    callers.count({ environment: target.environment, endpoint: target.id, address }, 'verified');
    return keep({ target, webhook, verdict, receivedAtMs: nowMs });
  };

  const keep = async ({ target, webhook, verdict, receivedAtMs }: Verified): Promise<Stored> => {
    const { environment, platform } = target;
    const { endpoint, rawHeaders, body } = webhook;
    // Before anything is waited for: ids, and so events, are in the order in which webhooks arrived here.
    const id = nextId();
    const headers = keptHeaders(rawHeaders, target.keptHeaders);
    const sealer = await keyring.sealer(environment, 'events');
    const { headBytes, sealed } = sealEvent(sealer, { id, headers, body });
    return commits.add({
      environment,
      endpoint,
      id,
      duplicateKey: verdict.duplicateKey,
      platform: platform.name,
      type: typeOf(body, target),
      platformEvent: verdict.eventId,
      receivedAtMs,
      bytes: body.length,
      digest: hash('sha256', body, 'buffer'),
      contentType: contentTypeOf(rawHeaders),
      state: 'accepted',
      reason: null,
      detail: null,
      body,
      headBytes,
      sealedBody: sealed,
    });
  };

  return {
    endpoints,
    callers,
    read: events.read,
    async start() {
      await ensurePartitions(ports);
      const run = (): Promise<unknown> => ensurePartitions(ports);
      partitions ??= repeat({ name: 'ingest.partitions', everyMs: PARTITIONS_EVERY_MS, run, clock, log });
      callers.start();
    },
    async stop() {
      await partitions?.stop();
      await Promise.all([commits.close(), refusals.close()]);
      await callers.stop();
    },

    async expect(arrival) {
      await open(arrival);
    },

    // Not async, and so below: a frame that waits keeps its arguments, and a refusal may wait long for its entry.
    receive: (webhook) =>
      open({ endpoint: webhook.endpoint, address: webhook.address }).then((target) => take(target, webhook)),

    events,
  };
}

/** The type an event calls itself, or `null`. What isn't JSON is legal; what it says is a label and no more. */
function typeOf(body: Uint8Array, { platform }: EndpointInUse): string | null {
  try {
    const type = textAt(JSON.parse(textOf(body)), platform.eventType);
    return type !== null && type.length <= TYPE_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(type) ? type : null;
  } catch {
    return null;
  }
}

function contentTypeOf(rawHeaders: readonly string[]): string {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = rawHeaders[at + 1] ?? '';
    if (rawHeaders[at]?.toLowerCase() === 'content-type' && /^[\x20-\x7e]+$/.test(value)) {
      return value.slice(0, CONTENT_TYPE_CHARACTERS_MAX);
    }
  }
  return 'application/octet-stream';
}
