// node:crypto here: the SHA-256 digest of a body, by which the log vouches for it, and the duplicate key of unsigned ones.
import { hash } from 'node:crypto';
import {
  type Acknowledgement,
  answerChallenge,
  type Scheme,
  type SchemeSecret,
  verify,
} from '@sallyport/schemes';
import {
  type Clock,
  createIdSequence,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  type EventState,
  Fault,
  type Limits,
} from '#base';
import type { EnvironmentState, Environments } from '#environments';
import type { Keyring } from '#keyring';
import type { Batcher, Store } from '#store';
import type { Callers } from './callers.ts';
import type { Incoming, Stored } from './commit.ts';
import type { Counts } from './counts.ts';
import type { EndpointInUse } from './endpoint-in-use.ts';
import { typeOf } from './event-type.ts';
import type { FetchedKeys } from './fetched-keys.ts';
import { isWanted, judge } from './judge.ts';
import { keptHeaders } from './kept-headers.ts';
import type { Refusals } from './refusals.ts';
import { fetchesKeys } from './scheme-of.ts';
import { sealEvent } from './sealed-event.ts';
import { createUnsigned } from './unsigned.ts';

/** Where a webhook comes in, and from where. */
export interface Arrival {
  readonly endpoint: EndpointId;
  readonly address: string;
}

/** A webhook as it arrived, its body read whole under the limit. */
export interface Webhook extends Arrival {
  /** Path and query, as received: some platforms sign values of the query. */
  readonly target?: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/** What became of a webhook that was taken. `event` is `null` for one whose type nobody wants: it is counted and not kept. */
export interface Received {
  readonly event: EventId | null;
  readonly duplicate: boolean;
  /** What the platform wants to hear, where not any answer with 200 will do. */
  readonly acknowledgement?: Acknowledgement;
}

/** What a platform asks before it sends anything. */
export interface Challenge extends Arrival {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
}

/** Takes webhooks. */
export interface Receiver {
  /** How large a body may be there; asked before it is read. Throws what {@link Receiver.receive} throws of the endpoint. */
  expect(arrival: Arrival): Promise<{ readonly bodyBytesMax: number }>;
  /**
   * Verifies a webhook and stores it; resolves when it is durable. A duplicate gets the id of the event that is already there.
   * `ENDPOINT_NOT_FOUND`, `ADDRESS_REFUSED`, `ENDPOINT_PAUSED`, `ENVIRONMENT_PAUSED`, `WEBHOOK_REFUSED` (for every reason
   * alike), `BUSY`, `STORE_UNAVAILABLE`.
   */
  receive(webhook: Webhook): Promise<Received>;
  /** The answer to what the endpoint's platform asks before it sends anything; `null` when it asks no such thing. Throws as `expect`. */
  challenge(challenge: Challenge): Promise<Acknowledgement | null>;
}

export interface ReceiverPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly callers: Pick<Callers, 'count'>;
  readonly counts: Pick<Counts, 'count'>;
  readonly refusals: Pick<Refusals, 'record'>;
  readonly commits: Pick<Batcher<Incoming, Stored>, 'add'>;
  readonly keys: FetchedKeys;
  readonly inUse: (endpoint: EndpointId) => Promise<EndpointInUse | null>;
  readonly countSecretUse: (use: {
    readonly environment: EnvironmentId;
    readonly endpoint: EndpointId;
    readonly secret: string;
  }) => void;
}

const PAUSE_RETRY_SECONDS = 60;
const CONTENT_TYPE_CHARACTERS_MAX = 200;

/** What is known of a webhook once it is known to be the platform's. */
interface Authentic {
  readonly target: EndpointInUse;
  readonly webhook: Webhook;
  readonly receivedAtMs: number;
  /** `null`: nothing was signed, so nothing tells a repetition from another of the same text. */
  readonly duplicateKey: Uint8Array | null;
  readonly platformEvent: string | null;
}

/** Makes what takes webhooks: asks whether they are wanted, verifies, judges, seals and hands them to the group commit. */
export function createReceiver(ports: ReceiverPorts): Receiver {
  const { keyring, environments, limits, clock, callers, counts, refusals, commits } = ports;
  const unsigned = createUnsigned(ports);
  const nextId = createIdSequence('event', clock);

  const refuse = async (target: EndpointInUse, refusal: Refusal): Promise<never> => {
    const { environment, id: endpoint } = target;
    const { reason, address, code, bytes = 0 } = refusal;
    callers.count({ environment, endpoint, address }, 'refused');
    counts.count({ environment, endpoint, outcome: 'refused', reason });
    await refusals.record({ environment, endpoint, reason, address, bytes });
    throw new Fault(code);
  };

  const open = async ({ endpoint, address }: Arrival): Promise<EndpointInUse> => {
    const target = await ports.inUse(endpoint);
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

  const bodyBytesMaxOf = ({ settings, scheme }: EndpointInUse): number => {
    const usual = scheme === null ? limits.unsignedBodyBytesMax : limits.webhookBodyBytesMax;
    return Math.min(settings.bodyBytesMax ?? usual, limits.webhookBodyBytesMax);
  };

  const take = (target: EndpointInUse, webhook: Webhook): Promise<Received> => {
    const { scheme, secrets } = target;
    const nowMs = clock.now();
    if (scheme === null) return keepUnsigned({ target, webhook, receivedAtMs: nowMs });
    if (secrets.length === 0 && fetchesKeys(scheme)) return takeFetching(target, scheme, webhook);
    return verified(target, { scheme, secrets, webhook, nowMs });
  };

  const takeFetching = async (target: EndpointInUse, scheme: Scheme, webhook: Webhook): Promise<Received> => {
    const { id: endpoint, settings } = target;
    const { rawHeaders, address } = webhook;
    const { parameters } = settings;
    const key = await ports.keys.of({ endpoint, scheme, rawHeaders, parameters });
    if (!key.ok)
      return refuse(target, {
        reason: key.reason,
        address,
        code: 'WEBHOOK_REFUSED',
        bytes: webhook.body.length,
      });
    return verified(target, { scheme, secrets: [key.secret], webhook, nowMs: clock.now() });
  };

  const verified = (
    target: EndpointInUse,
    { scheme, secrets, webhook, nowMs }: Verifying,
  ): Promise<Received> => {
    const { environment, id: endpoint, settings } = target;
    const { rawHeaders, body, address } = webhook;
    const { toleranceSeconds, url, parameters } = settings;
    const verdict = verify({
      scheme,
      secrets,
      rawHeaders,
      body,
      nowMs,
      parameters,
      target: webhook.target ?? '',
      ...(url === null ? {} : { url }),
      ...(toleranceSeconds === null ? {} : { toleranceSeconds }),
    });
    if (!verdict.ok)
      return refuse(target, {
        reason: verdict.reason,
        address,
        code: 'WEBHOOK_REFUSED',
        bytes: webhook.body.length,
      });
    callers.count({ environment, endpoint, address }, 'verified');
    ports.countSecretUse({ environment, endpoint, secret: verdict.secretId });
    const { duplicateKey, eventId: platformEvent } = verdict;
    return keep({ target, webhook, receivedAtMs: nowMs, duplicateKey, platformEvent });
  };

  const keepUnsigned = (given: Pick<Authentic, 'target' | 'webhook' | 'receivedAtMs'>): Promise<Received> => {
    const { target, webhook } = given;
    const { address, body } = webhook;
    const reason = unsigned.objectionTo(target, body);
    if (reason !== null)
      return refuse(target, { reason, address, code: 'WEBHOOK_REFUSED', bytes: body.length });
    return unsigned.inItsPlace(target, () => keep({ ...given, duplicateKey: null, platformEvent: null }));
  };

  const keep = async (authentic: Authentic): Promise<Received> => {
    const { target, webhook, receivedAtMs } = authentic;
    const { environment, platform, scheme, id: endpoint } = target;
    const { rawHeaders, body } = webhook;
    const wanted = acknowledgementOf(scheme);
    const type = typeOf(scheme, { rawHeaders, body });
    if (!isWanted(target.rules, type)) {
      counts.count({ environment, endpoint, outcome: 'filtered', reason: null });
      return { event: null, duplicate: false, ...wanted };
    }
    // Before anything is waited for: ids, and so events, are in the order in which webhooks arrived here.
    const id = nextId();
    const held = heldOf(target, { type, body, stepsMax: limits.webhookCheckStepsMax });
    const headers = keptHeaders(rawHeaders, target.keptHeaders);
    const sealer = await keyring.sealer(environment, 'events');
    const { headBytes, sealed } = sealEvent(sealer, { id, headers, body });
    const stored = await commits.add({
      environment,
      endpoint,
      sender: null,
      id,
      duplicateKey: authentic.duplicateKey ?? hash('sha256', `unsigned\n${id}`, 'buffer'),
      platform,
      type,
      platformEvent: authentic.platformEvent,
      receivedAtMs,
      bytes: body.length,
      digest: hash('sha256', body, 'buffer'),
      contentType: contentTypeOf(rawHeaders),
      ...held,
      body,
      headBytes,
      sealedBody: sealed,
    });
    counts.count({
      environment,
      endpoint,
      ...(stored.duplicate ? DUPLICATE : { outcome: held.state, reason: held.reason }),
    });
    return { ...stored, ...wanted };
  };

  return {
    async challenge({ method, target, rawHeaders, ...arrival }) {
      const { scheme, secrets, settings } = await open(arrival);
      if (scheme === null) return null;
      return answerChallenge({
        scheme,
        method,
        target,
        rawHeaders,
        secrets,
        parameters: settings.parameters,
      });
    },
    expect: async (arrival) => ({ bodyBytesMax: bodyBytesMaxOf(await open(arrival)) }),
    // Not async, and so above: a frame that waits keeps its arguments, and a refusal may wait long for its entry.
    receive: (webhook) =>
      open({ endpoint: webhook.endpoint, address: webhook.address }).then((target) => take(target, webhook)),
  };
}

const DUPLICATE = Object.freeze({ outcome: 'duplicate', reason: null } as const);

/** What is to be verified, and with what. */
interface Verifying {
  readonly scheme: Scheme;
  readonly secrets: readonly SchemeSecret[];
  readonly webhook: Webhook;
  readonly nowMs: number;
}

/** What a row asks for beyond a 200. */
function acknowledgementOf(scheme: Scheme | null): { readonly acknowledgement?: Acknowledgement } {
  if (scheme === null) return {};
  const { acknowledgement } = scheme;
  return acknowledgement.status === 200 && acknowledgement.body === '' ? {} : { acknowledgement };
}

interface Refusal {
  readonly reason: string;
  readonly address: string;
  readonly code: 'WEBHOOK_REFUSED' | 'ADDRESS_REFUSED';
  readonly bytes?: number;
}

interface Held {
  readonly state: Exclude<EventState, 'discarded'>;
  readonly reason: string | null;
  readonly detail: string | null;
}

/** Whether an event goes on, and what holds it. What is wrong is wrong whatever the platform confirms. */
function heldOf(
  { rules, settings }: EndpointInUse,
  event: { readonly type: string | null; readonly body: Uint8Array; readonly stepsMax: number },
): Held {
  const found = judge(rules, event);
  if (found !== null) return { state: 'quarantined', ...found };
  return { state: settings.confirm === null ? 'accepted' : 'unconfirmed', reason: null, detail: null };
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
