import {
  type Actor,
  type AuditPort,
  type Clock,
  type DestinationId,
  type EnvironmentId,
  Fault,
  type Limits,
  newId,
  openSecretText,
  type Page,
  Secret,
  type Transaction,
  utf8,
} from '#base';
import { type Environments, refuseForeignTag } from '#environments';
import type { Keyring, Sealer } from '#keyring';
import type { Store } from '#store';
import {
  type CheckedFields,
  checkFields,
  checkSignature,
  type DestinationFields,
  isUsableSecret,
  type Kept,
} from './destination-fields.ts';
import {
  countDestinations,
  type DestinationRow,
  insertDestination,
  lockDestination,
  selectDestination,
  selectDestinationSecrets,
  selectDestinations,
  updateDestination,
  updateDestinationState,
} from './destination-queries.ts';
import { type DestinationKind, type DestinationView, viewOf } from './destination-view.ts';
import { lockOrders, promoteFirsts } from './queries.ts';
import {
  checkStandardSecret,
  keepSecret,
  kindsOf,
  type MadeSecret,
  newKeyPair,
  newSecretText,
  newSymmetric,
  openText,
} from './secrets.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

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
  /**
   * Makes one. The secret is in this answer only: the one given, or else `whsec_` and 32 random bytes; `null` for one that
   * is pulled from. `INVALID_REQUEST` names the field, `CONFLICT` a name that is taken or too many of them.
   */
  create(
    destination: {
      readonly environment: EnvironmentId;
      readonly name: string;
      readonly kind?: DestinationKind | undefined;
      readonly secret?: Secret | undefined;
    } & DestinationFields,
    actor: Actor,
  ): Promise<{ destination: DestinationView; secret: Secret | null }>;
  list(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<DestinationView>>;
  get(target: DestinationTarget): Promise<DestinationView>;
  /**
   * Changes what is named. While paused, deliveries are made and wait; after resuming, each goes as soon as its time has
   * come. `DESTINATION_NOT_FOUND`, `INVALID_REQUEST`.
   */
  change(
    change: DestinationTarget & DestinationFields & { readonly state?: 'active' | 'paused' | undefined },
    actor: Actor,
  ): Promise<DestinationView>;
}

const NEW: Omit<Kept, 'kind'> = Object.freeze({
  url: null,
  platforms: null,
  types: null,
  endpoints: null,
  conditions: null,
  order_by: null,
  concurrency: null,
  rate_per_second: null,
  settings: DEFAULT_SETTINGS,
});

/** Makes the administration of destinations; `changed` is told of each that is not what it was. */
export function createDestinations(
  ports: DestinationPorts,
  changed: (target: DestinationTarget) => void,
): Destinations {
  const { store, keyring, environments, audit, limits, clock } = ports;

  const shown = async (tx: Transaction, { environment, destination }: DestinationTarget) => {
    const row = await tx.row(selectDestination, [environment, destination]);
    if (row === null) throw new Fault('DESTINATION_NOT_FOUND');
    const values = [environment, [destination], new Date(clock.now())];
    return viewOf(row, await tx.rows(selectDestinationSecrets, values));
  };

  return {
    async create({ environment, name, kind = 'push', secret: given, ...fields }, actor) {
      const { kept, headers, identity } = checkFields({ ...NEW, kind }, fields, limits);
      if (kind === 'push' && kept.url === null)
        throw new Fault('INVALID_REQUEST', { fields: [{ path: 'body.url', problem: 'is missing' }] });
      const text = kind === 'pull' ? null : secretText(kept, given);
      refuseForeignTag(name, (await environments.get(environment)).kind);
      const id = newId('destination', clock);
      const sealer = await keyring.sealer(environment, 'destinations');
      const made: MadeSecret[] =
        text === null ? [] : [newSymmetric(sealer, clock, text), newKeyPair(sealer, clock)];
      const sealedHeaders = headers === undefined ? null : sealHeaders(sealer, id, headers);
      const sealedKey = identity ? sealKey(sealer, id, identity.key) : null;
      const destination = await store.transaction(environment, async (tx) => {
        // Each event makes a delivery for each destination: their number multiplies what a webhook costs.
        if (((await tx.row(countDestinations, [environment])) ?? 0) >= limits.destinationsMax)
          throw new Fault('CONFLICT', {
            detail: `There are ${limits.destinationsMax} destinations already.`,
          });
        const values = [
          environment,
          id,
          name,
          kind,
          ...columnsOf(kept),
          sealedHeaders,
          identity?.certificate ?? null,
          sealedKey,
          new Date(clock.now()),
        ];
        if ((await tx.run(insertDestination, values)) === 0)
          throw new Fault('CONFLICT', { detail: 'There is a destination of this name.' });
        for (const each of made) await keepSecret(tx, { environment, destination: id, made: each, clock });
        const act = {
          action: 'destination.created',
          actor,
          resource: `destination:${id}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { name, kind, host: hostOf(kept.url) } });
        return shown(tx, { environment, destination: id });
      });
      changed({ environment, destination: id });
      return { destination, secret: text === null ? null : Secret.fromText(text) };
    },

    async list({ environment, after, limit }) {
      return store.transaction(environment, async (tx) => {
        const rows = await tx.rows(selectDestinations, [environment, after ?? null, limit + 1]);
        const page = rows.slice(0, limit);
        const values = [environment, page.map(({ id }) => id), new Date(clock.now())];
        const secrets = await tx.rows(selectDestinationSecrets, values);
        const items = page.map((row) => viewOf(row, secrets));
        return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
      });
    },

    get: (target) => store.transaction(target.environment, (tx) => shown(tx, target)),

    async change({ environment, destination, state, ...fields }, actor) {
      const target = { environment, destination };
      const sealer = await keyring.sealer(environment, 'destinations');
      const view = await store.transaction(environment, async (tx) => {
        // Before the row, as settlements take them; and none of another environment's, which is not seen here.
        if (state === 'active' && (await tx.row(selectDestination, [environment, destination])) !== null)
          await tx.run(lockOrders, [[destination]]);
        const before = await tx.row(lockDestination, [environment, destination]);
        if (before === null) throw new Fault('DESTINATION_NOT_FOUND');
        const names = namesOf(fields);
        if (names.length > 0) {
          const checked = checkFields(before, fields, limits);
          await requireSecrets(tx, { sealer, target, kept: checked.kept });
          await tx.run(updateDestination, valuesOf(sealer, before, { target, checked }));
          const details = { changed: names, host: hostOf(checked.kept.url) };
          await record(tx, { target, actor, details });
        }
        if (state !== undefined && state !== before.state) {
          const pausedAt = state === 'paused' ? new Date(clock.now()) : null;
          const reason = state === 'paused' ? 'by administration' : null;
          await tx.run(updateDestinationState, [environment, destination, state, pausedAt, reason]);
          await record(tx, { target, actor, details: { changed: ['state'], state } });
          if (state === 'active')
            await tx.run(promoteFirsts, [environment, destination, new Date(clock.now())]);
        }
        return shown(tx, target);
      });
      changed(target);
      return view;
    },
  };

  async function record(
    tx: Transaction,
    { target, actor, details }: { target: DestinationTarget; actor: Actor; details: DetailsOf },
  ): Promise<void> {
    await audit.record(tx, target.environment, {
      action: 'destination.changed',
      actor,
      resource: `destination:${target.destination}`,
      outcome: 'success',
      details,
    });
  }

  /** What the signature that is asked for takes: a key pair can be made now, a text has to fit. */
  async function requireSecrets(
    tx: Transaction,
    { sealer, target, kept }: { sealer: Sealer; target: DestinationTarget; kept: Kept },
  ): Promise<void> {
    if (kept.kind === 'pull') return;
    const { environment, destination } = target;
    const values = [environment, [destination], new Date(clock.now())];
    const rows = await tx.rows(selectDestinationSecrets, values);
    const kinds = kindsOf(kept.settings.signature);
    if (kinds.includes('ed25519') && !rows.some(({ kind }) => kind === 'ed25519'))
      await keepSecret(tx, { environment, destination, made: newKeyPair(sealer, clock), clock });
    if (!kinds.includes('symmetric')) return;
    const texts: string[] = [];
    for (const row of rows) if (row.kind === 'symmetric') texts.push(await openText(sealer, row));
    checkSecretTexts(kept, texts);
  }
}

type DetailsOf = Readonly<Record<string, string | readonly string[] | null>>;

/** The text of a new destination's secret. */
function secretText(kept: Kept, given: Secret | undefined): string {
  const text =
    given === undefined ? newSecretText((each) => isUsableSecret(kept, each)) : openSecretText(given);
  checkSecretTexts(kept, [text]);
  return text;
}

/** Whether secrets can be used for the signature; `INVALID_REQUEST`. */
export function checkSecretTexts(kept: Kept, texts: readonly string[]): void {
  if (kept.settings.signature === 'platform') checkSignature(kept, texts);
  else for (const text of texts) checkStandardSecret(text);
}

function namesOf(fields: DestinationFields): string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}

function columnsOf(kept: Kept): readonly unknown[] {
  return [
    kept.url,
    kept.platforms,
    kept.types,
    kept.endpoints,
    kept.conditions === null ? null : JSON.stringify(kept.conditions),
    kept.order_by === null ? null : JSON.stringify(kept.order_by),
    kept.concurrency,
    kept.rate_per_second,
    JSON.stringify(kept.settings),
  ];
}

function valuesOf(
  sealer: Sealer,
  before: DestinationRow,
  { target, checked }: { target: DestinationTarget; checked: CheckedFields },
): readonly unknown[] {
  const { environment, destination } = target;
  const { kept, headers, identity } = checked;
  const buffer = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
  return [
    environment,
    destination,
    ...columnsOf(kept),
    headers === undefined ? buffer(before.sealed_headers) : sealHeaders(sealer, destination, headers),
    identity === undefined ? before.client_certificate : (identity?.certificate ?? null),
    identity === undefined
      ? buffer(before.sealed_client_key)
      : identity === null
        ? null
        : sealKey(sealer, destination, identity.key),
  ];
}

function sealHeaders(
  sealer: Sealer,
  record: DestinationId,
  headers: readonly (readonly [string, string])[],
): Buffer | null {
  if (headers.length === 0) return null;
  return Buffer.from(sealer.seal({ record, field: 'headers' }, utf8(JSON.stringify(headers))));
}

function sealKey(sealer: Sealer, record: DestinationId, key: string): Buffer {
  return Buffer.from(sealer.seal({ record, field: 'clientKey' }, utf8(key)));
}

function hostOf(url: string | null): string | null {
  return url === null ? null : new URL(url).host;
}
