import { z } from 'zod';
import {
  type Clock,
  createMemory,
  type DestinationId,
  type EnvironmentId,
  Fault,
  isId,
  type Limits,
  textOf,
} from '#base';
import type { Keyring, Sealer } from '#keyring';
import { type ClientIdentity, type HeaderField, readClientIdentity } from '#outbound';
import type { Store } from '#store';
import {
  type DestinationRow,
  type SecretRow,
  selectDestination,
  selectDestinationSecrets,
} from './destination-queries.ts';
import type { DestinationTarget } from './destinations.ts';
import { kindsOf, openPrivateKey, openText } from './secrets.ts';
import type { Settings } from './settings.ts';

/** A destination ready to send to. */
export interface DestinationInUse {
  readonly id: DestinationId;
  readonly origin: string;
  readonly target: string;
  readonly url: string;
  readonly settings: Settings;
  /** As the application has them, the current one first. Only where the signature takes them. */
  readonly secrets: readonly InUse<string>[];
  /** PKCS #8. */
  readonly privateKeys: readonly InUse<Uint8Array>[];
  readonly headers: readonly HeaderField[];
  readonly identity: ClientIdentity | null;
}

/** A secret and when it signs nothing any more. */
export interface InUse<Value> {
  readonly value: Value;
  readonly endsAtMs: number | null;
}

export interface InUsePorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly limits: Limits;
  readonly clock: Clock;
}

export interface DestinationsInUse {
  /** `null` when there is none that is pushed to. */
  get(environment: EnvironmentId, destination: DestinationId): Promise<DestinationInUse | null>;
  forget(target: DestinationTarget): void;
}

const headersText = z.array(z.tuple([z.string(), z.string()]));

/** Opens destinations for the sender, and remembers them for `keyCacheMs`. */
export function createDestinationsInUse(ports: InUsePorts): DestinationsInUse {
  const { store, keyring, limits, clock } = ports;
  const memory = createMemory<`${EnvironmentId}/${DestinationId}`, DestinationInUse>({
    itemsMax: limits.keyCacheItemsMax,
    trustMs: limits.keyCacheMs,
    clock,
    ask: async (key) => {
      const [environment, destination] = key.split('/');
      if (!isId('environment', environment) || !isId('destination', destination)) return null;
      const [row, secrets] = await store.transaction(environment, (tx) =>
        Promise.all([
          tx.row(selectDestination, [environment, destination]),
          tx.rows(selectDestinationSecrets, [environment, [destination], new Date(clock.now())]),
        ]),
      );
      if (row === null) return null;
      const { timeoutMs } = row.settings;
      // A lease is made for what is allowed now: with more, no attempt would fit one.
      const settings = {
        ...row.settings,
        timeoutMs: timeoutMs === null ? null : Math.min(timeoutMs, limits.deliveryTimeoutMaxMs),
      };
      return open(await keyring.sealer(environment, 'destinations'), { ...row, settings }, secrets);
    },
  });
  return {
    get: (environment, destination) => memory.get(`${environment}/${destination}`),
    forget: ({ environment, destination }) => memory.forget(`${environment}/${destination}`),
  };
}

async function open(
  sealer: Sealer,
  row: DestinationRow,
  secrets: readonly SecretRow[],
): Promise<DestinationInUse | null> {
  const { id: record, url, settings } = row;
  if (url === null) return null;
  const { origin, pathname, search } = new URL(url);
  const kinds = kindsOf(settings.signature);
  const texts: InUse<string>[] = [];
  const privateKeys: InUse<Uint8Array>[] = [];
  for (const secret of secrets.filter(({ kind }) => kinds.includes(kind))) {
    const endsAtMs = secret.ends_at?.getTime() ?? null;
    if (secret.kind === 'symmetric') texts.push({ value: await openText(sealer, secret), endsAtMs });
    else privateKeys.push({ value: await openPrivateKey(sealer, secret), endsAtMs });
  }
  return {
    id: record,
    origin,
    target: pathname + search,
    url,
    settings,
    secrets: texts,
    privateKeys,
    headers: await openHeaders(sealer, row),
    identity: await openIdentity(sealer, row),
  };
}

async function openHeaders(
  sealer: Sealer,
  { id: record, sealed_headers: sealed }: DestinationRow,
): Promise<readonly HeaderField[]> {
  if (sealed === null) return [];
  return headersText.parse(JSON.parse(textOf(await sealer.open({ record, field: 'headers' }, sealed))));
}

async function openIdentity(
  sealer: Sealer,
  { id: record, client_certificate: certificate, sealed_client_key: sealed }: DestinationRow,
): Promise<ClientIdentity | null> {
  if (certificate === null || sealed === null) return null;
  const key = textOf(await sealer.open({ record, field: 'clientKey' }, sealed));
  const verdict = readClientIdentity({ certificate, key });
  if (!verdict.ok) throw new Fault('INTERNAL', { detail: `The client certificate ${verdict.reason}.` });
  return verdict.identity;
}
