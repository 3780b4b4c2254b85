import {
  type Actor,
  type AuditPort,
  type Clock,
  type Counted,
  createTally,
  type EndpointId,
  type EnvironmentId,
  Fault,
  isoTime,
  type Limits,
  type Log,
  newId,
  type Secret,
  type SecretId,
  type Tally,
  type Transaction,
} from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { type EndpointRow, selectEndpoint, selectEndpointForUpdate } from './queries.ts';
import { schemeOf, secretBytes } from './scheme-of.ts';
import {
  countSecretUses,
  deleteEndedSecrets,
  endEndpointSecrets,
  insertEndpointSecret,
  liftSecretEnd,
  retireEndpointSecret,
  type SecretRow,
  selectSecretViews,
} from './secret-queries.ts';

/** A secret of an endpoint as it can be shown: everything but itself. */
export interface EndpointSecretView {
  readonly id: SecretId;
  readonly createdAtMs: number;
  /** When it ends, once another has taken its place. */
  readonly endsAtMs: number | null;
  /** Webhooks that it verified, as far as nodes have told. */
  readonly uses: number;
  readonly lastUsedAtMs: number | null;
}

interface Target {
  readonly environment: EnvironmentId;
  readonly endpoint: EndpointId;
}

interface Use extends Target {
  readonly secret: string;
}

/** Secrets of endpoints: several at once while one takes another's place (K11 U10 Q10). */
export interface EndpointSecrets {
  /**
   * Adds one that counts at once; those before it end after the overlap. `ENDPOINT_NOT_FOUND`, `INVALID_REQUEST`, `CONFLICT` when too
   * many are in force or the endpoint verifies nothing.
   */
  add(
    secret: Target & { readonly secret: Secret; readonly overlapSeconds?: number | undefined },
    actor: Actor,
  ): Promise<EndpointSecretView>;
  /** Those in force, newest first. */
  list(target: Target): Promise<readonly EndpointSecretView[]>;
  /**
   * Ends one now. `SECRET_NOT_FOUND`; `SECRET_IN_USE` when it verified a webhook within `secretInUseSeconds`, unless forced; `CONFLICT` for
   * the only one there is. Where those that are left were all to end, the newest of them stays: it was a rotation taken back.
   */
  retire(
    target: Target & { readonly secret: SecretId; readonly force?: boolean | undefined },
    actor: Actor,
  ): Promise<void>;
}

export interface SecretPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is kept of a secret in the database. */
export interface SealedSecret {
  readonly id: SecretId;
  readonly bytes: Buffer;
}

/** A rotation that never ends its old secrets is none. */
const SECRETS_MAX = 4;

/** Makes the administration of secrets; `forget` is told of endpoints that have changed. */
export function createEndpointSecrets(
  ports: SecretPorts & { readonly forget: (endpoint: EndpointId) => void },
): EndpointSecrets & { readonly uses: Pick<Tally<Use>, 'count' | 'flush' | 'start' | 'stop'> } {
  const { store, audit, limits, clock, log, forget } = ports;
  const uses = createTally<Use>({
    name: 'ingest.secrets',
    nameOf: ({ endpoint, secret }) => `${endpoint} ${secret}`,
    othersOf: (use) => ({ ...use, secret: '' }),
    write: (environment, counts) =>
      store.transaction(environment, (tx) => write(tx, { environment, counts })),
    itemsMax: limits.endpointCallersItemsMax,
    everyMs: limits.endpointCallersFlushMs,
    clock,
    log,
  });

  const overlapMs = (overlapSeconds: number | undefined): number => {
    const seconds = overlapSeconds ?? limits.secretOverlapSeconds;
    if (Number.isInteger(seconds) && seconds >= 0 && seconds <= limits.secretOverlapSecondsMax)
      return seconds * 1_000;
    const problem = `must be a whole number of seconds up to ${limits.secretOverlapSecondsMax}`;
    throw new Fault('INVALID_REQUEST', { fields: [{ path: 'body.overlapSeconds', problem }] });
  };

  const record = (tx: Transaction, { environment, endpoint }: Target, act: Changed): Promise<void> => {
    const { actor, ...details } = act;
    return audit.record(tx, environment, {
      action: 'endpoint.changed',
      actor,
      resource: `endpoint:${endpoint}`,
      outcome: 'success',
      details,
    });
  };

  return {
    uses,

    async add({ secret, overlapSeconds, ...target }, actor) {
      const { environment, endpoint } = target;
      const now = clock.now();
      const endsAtMs = now + overlapMs(overlapSeconds);
      const row = await store.transaction(environment, (tx) =>
        tx.row(selectEndpoint, [environment, endpoint]),
      );
      if (row === null) throw new Fault('ENDPOINT_NOT_FOUND');
      const sealed = await sealSecret(ports, target, secretOf(row, secret));
      await store.transaction(environment, async (tx) => {
        await lock(tx, target);
        await tx.run(deleteEndedSecrets, [environment, endpoint, new Date(now)]);
        if ((await inForce(tx, target, now)).length >= SECRETS_MAX)
          throw new Fault('CONFLICT', {
            detail: `At most ${SECRETS_MAX} secrets of an endpoint are in force: retire one.`,
          });
        await tx.run(insertEndpointSecret, [environment, endpoint, sealed.id, sealed.bytes, new Date(now)]);
        await tx.run(endEndpointSecrets, [environment, endpoint, sealed.id, new Date(endsAtMs)]);
        await record(tx, target, {
          actor,
          changed: 'secretAdded',
          value: sealed.id,
          previousEndAt: isoTime(endsAtMs),
        });
      });
      forget(endpoint);
      return { id: sealed.id, createdAtMs: now, endsAtMs: null, uses: 0, lastUsedAtMs: null };
    },

    async list(target) {
      await uses.flush();
      const { environment, endpoint } = target;
      return store.transaction(environment, async (tx) => {
        if ((await tx.row(selectEndpoint, [environment, endpoint])) === null)
          throw new Fault('ENDPOINT_NOT_FOUND');
        return (await inForce(tx, target, clock.now())).map(viewOf);
      });
    },

    async retire({ secret, force = false, ...target }, actor) {
      await uses.flush();
      const { environment, endpoint } = target;
      await store.transaction(environment, async (tx) => {
        await lock(tx, target);
        const all = await inForce(tx, target, clock.now());
        const one = all.find(({ id }) => id === secret);
        if (one === undefined) throw new Fault('SECRET_NOT_FOUND');
        if (all.length === 1)
          throw new Fault('CONFLICT', {
            detail: 'It is the only secret: add another first, or pause the endpoint.',
          });
        const lastUsedAtMs = one.last_used_at?.getTime() ?? 0;
        if (!force && lastUsedAtMs > clock.now() - limits.secretInUseSeconds * 1_000)
          throw new Fault('SECRET_IN_USE', { detail: `It verified a webhook at ${isoTime(lastUsedAtMs)}.` });
        await tx.run(retireEndpointSecret, [environment, endpoint, secret]);
        const lifted = lastToStay(all.filter(({ id }) => id !== secret));
        if (lifted !== null) await tx.run(liftSecretEnd, [environment, endpoint, lifted]);
        const endLifted = lifted === null ? {} : { endLifted: lifted };
        await record(tx, target, { actor, changed: 'secretRetired', value: secret, force, ...endLifted });
      });
      forget(endpoint);
    },
  };
}

/**
 * Of those that are left, the newest, when all of them were to end: the rotation is taken back, and without it the endpoint would
 * refuse everything from their end on.
 */
function lastToStay(left: readonly SecretRow[]): SecretId | null {
  return left.every(({ ends_at }) => ends_at !== null) ? (left[0]?.id ?? null) : null;
}

interface Changed {
  readonly actor: Actor;
  readonly changed: string;
  readonly value: string;
  readonly previousEndAt?: string;
  readonly force?: boolean;
  readonly endLifted?: string;
}

/** Seals a secret in its place. Before the transaction: a data key that isn't in memory is read in one of its own. */
export async function sealSecret(
  { keyring, clock }: Pick<SecretPorts, 'keyring' | 'clock'>,
  { environment, endpoint }: Target,
  bytes: Uint8Array,
): Promise<SealedSecret> {
  const id = newId('secret', clock);
  const sealer = await keyring.sealer(environment, 'endpoints');
  return { id, bytes: Buffer.from(sealer.seal(secretContext(endpoint, id), bytes)) };
}

export function secretContext(endpoint: EndpointId, secret: string) {
  return { record: `${endpoint}/${secret}`, field: 'secret' };
}

function secretOf({ platform, scheme }: EndpointRow, secret: Secret): Uint8Array {
  const used = schemeOf(platform, scheme);
  if (used === null)
    throw new Fault('CONFLICT', { detail: 'The endpoint verifies no signature and has no secrets.' });
  return secretBytes(used, secret);
}

/** Changes of an endpoint take turns. */
async function lock(tx: Transaction, { environment, endpoint }: Target): Promise<void> {
  if ((await tx.row(selectEndpointForUpdate, [environment, endpoint])) === null)
    throw new Fault('ENDPOINT_NOT_FOUND');
}

function inForce(
  tx: Transaction,
  { environment, endpoint }: Target,
  nowMs: number,
): Promise<readonly SecretRow[]> {
  return tx.rows(selectSecretViews, [environment, endpoint, new Date(nowMs)]);
}

async function write(
  tx: Transaction,
  { environment, counts }: { readonly environment: EnvironmentId; readonly counts: readonly Counted<Use>[] },
): Promise<void> {
  await tx.run(countSecretUses, [
    environment,
    counts.map(({ item }) => item.endpoint),
    counts.map(({ item }) => item.secret),
    counts.map(({ times }) => times),
    counts.map(({ lastAtMs }) => lastAtMs),
  ]);
}

function viewOf({ id, created_at, ends_at, uses, last_used_at }: SecretRow): EndpointSecretView {
  return {
    id,
    createdAtMs: created_at.getTime(),
    endsAtMs: ends_at?.getTime() ?? null,
    uses,
    lastUsedAtMs: last_used_at?.getTime() ?? null,
  };
}
