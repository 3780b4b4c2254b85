import { type Clock, type ConnectionId, Fault, type Limits, type Log, textOf, utf8 } from '#base';
import type { Keyring } from '#keyring';
import type { Outbound } from '#outbound';
import type { Store } from '#store';
import type { OpenConnection } from './credentials.ts';
import { selectToken, type TokenRow, upsertToken } from './queries.ts';
import { signIn } from './sign-in.ts';

/** A platform's bearer token. `generation` tells one token of a connection from the next. */
export interface PlatformToken {
  readonly text: string;
  readonly generation: number;
  readonly credentialVersion: number;
  readonly expiresAtMs: number;
}

export interface TokenPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly outbound: Outbound;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tokens of platforms: obtained once for all who wait, shared between nodes, renewed before they end (K10). */
export interface Tokens {
  /** A token that is valid now. `refused` names one that the platform no longer takes. */
  get(connection: OpenConnection, refused?: PlatformToken): Promise<PlatformToken>;
  forget(connection: ConnectionId): void;
}

/** After an early renewal failed, the token that is still valid is used this long before the next try. */
const RENEWAL_PAUSE_MS = 30_000;
const LOCK_TRIES_MAX = 200;
const LOCK_PAUSE_MS = 50;

export function createTokens(ports: TokenPorts): Tokens {
  const { clock, log } = ports;
  const held = new Map<ConnectionId, PlatformToken>();
  const flights = new Map<ConnectionId, Promise<PlatformToken>>();
  const pausedUntilMs = new Map<ConnectionId, number>();

  /** One flight per connection. It belongs to nobody who waits for it: none of them can cancel it. */
  const renew = (connection: OpenConnection, refused: PlatformToken | null): Promise<PlatformToken> => {
    const known = flights.get(connection.id);
    if (known !== undefined) return known;
    const flight = obtain(ports, connection, refused)
      .then((token) => {
        if (flights.get(connection.id) === flight) held.set(connection.id, token);
        return token;
      })
      .finally(() => {
        if (flights.get(connection.id) === flight) flights.delete(connection.id);
      });
    flights.set(connection.id, flight);
    return flight;
  };

  return {
    async get(connection, refused) {
      const token = held.get(connection.id);
      const usable =
        token !== undefined &&
        token.credentialVersion === connection.credentialVersion &&
        token.expiresAtMs > clock.now() &&
        token.generation !== refused?.generation;
      if (!usable) return renew(connection, refused ?? null);
      const early = token.expiresAtMs - clock.now() < connection.platform.renewBeforeSeconds * 1_000;
      if (!early || (pausedUntilMs.get(connection.id) ?? 0) > clock.monotonic()) return token;
      try {
        return await renew(connection, null);
      } catch (error) {
        pausedUntilMs.set(connection.id, clock.monotonic() + RENEWAL_PAUSE_MS);
        log.warn('a token could not be renewed early and is used on', { connection: connection.id, error });
        return token;
      }
    },
    forget(connection) {
      held.delete(connection);
      flights.delete(connection);
      pausedUntilMs.delete(connection);
    },
  };
}

/** Takes the token another node has obtained meanwhile, or signs in; one node at a time, decided under the lock. */
async function obtain(
  ports: TokenPorts,
  connection: OpenConnection,
  refused: PlatformToken | null,
): Promise<PlatformToken> {
  const { store, clock } = ports;
  for (let tries = 0; tries < LOCK_TRIES_MAX; tries++) {
    const token = await store.withLock(`connections.token.${connection.id}`, async () => {
      const kept = await read(ports, connection);
      const fresh = kept !== null && isFresh(kept, connection, clock.now());
      if (fresh && kept.generation !== refused?.generation) return kept;
      return write(ports, connection, {
        text: await signIn(ports, connection),
        after: kept?.generation ?? 0,
      });
    });
    if (token !== null) return token;
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
  }
  throw new Fault('BUSY', { detail: 'Another node is signing in.', retryAfterSeconds: 1 });
}

function isFresh(token: PlatformToken, connection: OpenConnection, nowMs: number): boolean {
  const early = connection.platform.renewBeforeSeconds * 1_000;
  return token.credentialVersion === connection.credentialVersion && token.expiresAtMs - nowMs > early;
}

const CONTEXT = (connection: ConnectionId) => ({ record: connection, field: 'token' });

async function read(
  { store, keyring }: TokenPorts,
  connection: OpenConnection,
): Promise<PlatformToken | null> {
  const { environment, id } = connection;
  const row: TokenRow | null = await store.transaction(environment, (tx) =>
    tx.row(selectToken, [environment, id]),
  );
  if (row === null) return null;
  const sealer = await keyring.sealer(environment, 'tokens');
  const text = textOf(await sealer.open(CONTEXT(id), row.sealed_token));
  const { generation, credential_version: credentialVersion } = row;
  return { text, generation, credentialVersion, expiresAtMs: row.expires_at.getTime() };
}

async function write(
  { store, keyring, clock }: TokenPorts,
  connection: OpenConnection,
  token: { text: string; after: number },
): Promise<PlatformToken> {
  const { environment, id, platform, credentialVersion } = connection;
  const sealer = await keyring.sealer(environment, 'tokens');
  const sealed = Buffer.from(sealer.seal(CONTEXT(id), utf8(token.text)));
  const nowMs = clock.now();
  const expiresAtMs = nowMs + platform.tokenLifeSeconds * 1_000;
  const generation = token.after + 1;
  const values = [
    environment,
    id,
    credentialVersion,
    generation,
    sealed,
    new Date(nowMs),
    new Date(expiresAtMs),
  ];
  await store.transaction(environment, (tx) => tx.run(upsertToken, values));
  return { text: token.text, generation, credentialVersion, expiresAtMs };
}
