import { parseSecret } from '@sallyport/schemes';
import {
  type Actor,
  type AuditPort,
  type Clock,
  createMemory,
  type DestinationId,
  type EnvironmentId,
  Fault,
  isId,
  type Limits,
  newId,
  type Page,
  randomBytes,
  Secret,
  type Transaction,
  toBase64,
} from '#base';
import { type Environments, refuseForeignTag } from '#environments';
import type { Keyring } from '#keyring';
import { parseOrigin } from '#outbound';
import type { Store } from '#store';
import {
  countDestinations,
  type DestinationRow,
  insertDestination,
  selectDestination,
  selectDestinations,
  updateDestinationState,
  updateDestinationUrl,
} from './queries.ts';

export type DestinationState = 'active' | 'paused';

/** A destination as it can be shown: everything but its secret. */
export interface DestinationView {
  readonly id: DestinationId;
  readonly name: string;
  readonly url: string;
  readonly state: DestinationState;
  readonly createdAtMs: number;
}

/** A destination ready to send to. */
export interface DestinationInUse {
  readonly id: DestinationId;
  readonly origin: string;
  readonly target: string;
  readonly secret: Uint8Array;
}

export interface DestinationTarget {
  readonly environment: EnvironmentId;
  readonly destination: DestinationId;
}

export interface DestinationPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Pick<Environments, 'get'>;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** Where events go. */
export interface Destinations {
  /** The secret (`whsec_…`, 32 random bytes) is in this answer only. `INVALID_REQUEST` (address, name), `CONFLICT` (name). */
  create(
    destination: { environment: EnvironmentId; name: string; url: string },
    actor: Actor,
  ): Promise<{ destination: DestinationView; secret: Secret }>;
  list(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<DestinationView>>;
  get(target: DestinationTarget): Promise<DestinationView>;
  setUrl(change: DestinationTarget & { url: string }, actor: Actor): Promise<DestinationView>;
  /** While paused, deliveries are made and wait; after resuming, each goes as soon as its time has come. */
  setState(change: DestinationTarget & { state: DestinationState }, actor: Actor): Promise<DestinationView>;
}

const SECRET_BYTES = 32;
const CONTEXT = (destination: DestinationId) => ({ record: destination, field: 'secret' });

/** Administration, and a destination as the sender needs it; `null` when there is none. */
export function createDestinations(ports: DestinationPorts): Destinations & {
  inUse(environment: EnvironmentId, destination: DestinationId): Promise<DestinationInUse | null>;
} {
  const { store, keyring, environments, audit, limits, clock } = ports;
  const memory = createMemory<`${EnvironmentId}/${DestinationId}`, DestinationInUse>({
    itemsMax: limits.keyCacheItemsMax,
    trustMs: limits.keyCacheMs,
    clock,
    ask: async (key) => {
      const [environment, destination] = key.split('/');
      if (!isId('environment', environment) || !isId('destination', destination)) return null;
      const row = await store.transaction(environment, (tx) =>
        tx.row(selectDestination, [environment, destination]),
      );
      if (row === null) return null;
      const sealer = await keyring.sealer(environment, 'destinations');
      const secret = await sealer.open(CONTEXT(destination), row.sealed_secret);
      return { id: destination, ...splitUrl(row.url), secret };
    },
  });

  const change = async (
    { environment, destination }: DestinationTarget,
    actor: Actor,
    work: (tx: Transaction) => Promise<{ changed: string; value: string }>,
  ): Promise<DestinationView> => {
    const view = await store.transaction(environment, async (tx) => {
      if ((await tx.row(selectDestination, [environment, destination])) === null)
        throw new Fault('DESTINATION_NOT_FOUND');
      const details = await work(tx);
      const act = {
        action: 'destination.changed',
        actor,
        resource: `destination:${destination}`,
        outcome: 'success',
      } as const;
      await audit.record(tx, environment, { ...act, details });
      const row = await tx.row(selectDestination, [environment, destination]);
      if (row === null) throw new Fault('DESTINATION_NOT_FOUND');
      return viewOf(row);
    });
    memory.forget(`${environment}/${destination}`);
    return view;
  };

  return {
    inUse: (environment, destination) => memory.get(`${environment}/${destination}`),

    async create({ environment, name, url }, actor) {
      const checked = checkUrl(url);
      refuseForeignTag(name, (await environments.get(environment)).kind);
      const id = newId('destination', clock);
      const text = `whsec_${toBase64(randomBytes(SECRET_BYTES))}`;
      const sealer = await keyring.sealer(environment, 'destinations');
      const sealed = Buffer.from(sealer.seal(CONTEXT(id), parseSecret('standard-webhooks', text)));
      const createdAtMs = clock.now();
      await store.transaction(environment, async (tx) => {
        // Each event makes a delivery for each destination: their number multiplies what a webhook costs.
        if (((await tx.row(countDestinations, [environment])) ?? 0) >= limits.destinationsMax)
          throw new Fault('CONFLICT', {
            detail: `There are ${limits.destinationsMax} destinations already.`,
          });
        const values = [environment, id, name, checked, sealed, new Date(createdAtMs)];
        if ((await tx.run(insertDestination, values)) === 0)
          throw new Fault('CONFLICT', { detail: 'There is a destination of this name.' });
        const act = {
          action: 'destination.created',
          actor,
          resource: `destination:${id}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { name, host: new URL(checked).host } });
      });
      const destination: DestinationView = { id, name, url: checked, state: 'active', createdAtMs };
      return { destination, secret: Secret.fromText(text) };
    },

    async list({ environment, after, limit }) {
      const values = [environment, after ?? null, limit + 1];
      const rows = await store.transaction(environment, (tx) => tx.rows(selectDestinations, values));
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async get({ environment, destination }) {
      const row = await store.transaction(environment, (tx) =>
        tx.row(selectDestination, [environment, destination]),
      );
      if (row === null) throw new Fault('DESTINATION_NOT_FOUND');
      return viewOf(row);
    },

    setUrl({ url, ...target }, actor) {
      const checked = checkUrl(url);
      return change(target, actor, async (tx) => {
        await tx.run(updateDestinationUrl, [target.environment, target.destination, checked]);
        return { changed: 'host', value: new URL(checked).host };
      });
    },

    setState({ state, ...target }, actor) {
      return change(target, actor, async (tx) => {
        await tx.run(updateDestinationState, [target.environment, target.destination, state]);
        return { changed: 'state', value: state };
      });
    },
  };
}

/** HTTPS, a canonical host, and neither credentials nor a fragment. Whether the host may be called is decided at each call. */
function checkUrl(url: string): string {
  const parsed = URL.parse(url);
  const refuse = (problem: string) =>
    new Fault('INVALID_REQUEST', { fields: [{ path: 'body.url', problem }] });
  if (parsed === null || parsed.protocol !== 'https:') throw refuse('must be an https:// address');
  if (parsed.username !== '' || parsed.password !== '') throw refuse('must not carry a credential');
  if (parsed.hash !== '') throw refuse('must not have a fragment');
  if (!parseOrigin(parsed.origin).ok) throw refuse('must name its host in the canonical form');
  return parsed.href;
}

function splitUrl(url: string): { origin: string; target: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, target: pathname + search };
}

function viewOf({ id, name, url, state, created_at }: DestinationRow): DestinationView {
  return { id, name, url, state, createdAtMs: created_at.getTime() };
}
