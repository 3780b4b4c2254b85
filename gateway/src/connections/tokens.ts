import { type Clock, type ConnectionId, Fault, type Limits, type Log, toFault } from '#base';
import type { Keyring } from '#keyring';
import type { Outbound } from '#outbound';
import type { Store } from '#store';
import type { OpenConnection } from './credentials.ts';
import { signIn } from './sign-in.ts';
import { keepToken, readToken } from './token-table.ts';

/** A platform's bearer token. Version and generation together tell one token of a connection from every other. */
export interface PlatformToken {
  readonly text: string;
  /** To be taken out of answers. */
  readonly needles: readonly Buffer[];
  /** The credential and host it was obtained with. */
  readonly credentialVersion: number;
  /** Which of the tokens kept under that version; 0 for one that could not be kept. */
  readonly generation: number;
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
  /**
   * A token that is valid now; `refused` names one that the platform no longer takes. Near its end a token is renewed
   * beside the calls that still use it.
   *
   * Throws `PLATFORM_CREDENTIAL_REFUSED`, `OUTBOUND_*`, or `BUSY` while another node signs in for too long.
   */
  get(connection: OpenConnection, refused?: PlatformToken): Promise<PlatformToken>;
  /** The platform refused a token that it had just given: for a while none is obtained in its place. */
  refuse(connection: OpenConnection): void;
  forget(connection: ConnectionId): void;
}

/** After an early renewal failed, the token that is still valid is used this long before the next try. */
const RENEWAL_PAUSE_MS = 30_000;
/** After the platform refused a credential, the same one isn't tried again for this long: it might lock the account. */
const REFUSAL_PAUSE_MS = 5_000;
/** While another node signs in: the pause before the next look doubles up to this. */
const LOCK_PAUSE_MS_MIN = 25;
const LOCK_PAUSE_MS_MAX = 800;

interface Refusal {
  readonly credentialVersion: number;
  readonly untilMs: number;
  readonly fault: Fault;
}

export function createTokens(ports: TokenPorts): Tokens {
  const { clock, log } = ports;
  const held = new Map<ConnectionId, PlatformToken>();
  /** By connection and version: who has a new credential must not be given the token of the one before. */
  const flights = new Map<string, Promise<PlatformToken>>();
  const refusals = new Map<ConnectionId, Refusal>();
  const renewAfterMs = new Map<ConnectionId, number>();

  const refuse = (connection: OpenConnection, fault: Fault): void => {
    const { id, credentialVersion } = connection;
    refusals.set(id, { credentialVersion, untilMs: clock.monotonic() + REFUSAL_PAUSE_MS, fault });
  };

  /** One flight per connection. It belongs to nobody who waits for it: none of them can cancel it. */
  const renew = (connection: OpenConnection, refused: PlatformToken | null): Promise<PlatformToken> => {
    const { id, credentialVersion } = connection;
    const key = `${id}/${credentialVersion}`;
    const known = flights.get(key);
    if (known !== undefined) return known;
    const refusal = refusals.get(id);
    if (refusal?.credentialVersion === credentialVersion && refusal.untilMs > clock.monotonic())
      return Promise.reject(refusal.fault);
    const flight = obtain(ports, connection, refused)
      .then(
        (token) => {
          // Forgotten meanwhile: the connection has changed, and whoever comes next asks anew.
          if (flights.get(key) === flight) held.set(id, token);
          return token;
        },
        (thrown: unknown) => {
          const fault = toFault(thrown);
          if (flights.get(key) === flight && fault.code === 'PLATFORM_CREDENTIAL_REFUSED')
            refuse(connection, fault);
          throw fault;
        },
      )
      .finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
    flights.set(key, flight);
    return flight;
  };

  const renewEarly = (connection: OpenConnection): void => {
    const { id } = connection;
    if ((renewAfterMs.get(id) ?? 0) > clock.monotonic()) return;
    renewAfterMs.set(id, clock.monotonic() + RENEWAL_PAUSE_MS);
    renew(connection, null).then(
      () => renewAfterMs.delete(id),
      (error: unknown) =>
        log.warn('a token could not be renewed early and is used on', { connection: id, error }),
    );
  };

  return {
    async get(connection, refused) {
      const token = held.get(connection.id);
      if (token === undefined || !isUsable(token, { connection, refused, nowMs: clock.now() }))
        return renew(connection, refused ?? null);
      if (!isFresh(token, connection, clock.now())) renewEarly(connection);
      return token;
    },
    refuse: (connection) => refuse(connection, new Fault('PLATFORM_CREDENTIAL_REFUSED', { detail: REFUSED })),
    forget(connection) {
      held.delete(connection);
      refusals.delete(connection);
      renewAfterMs.delete(connection);
      for (const key of flights.keys()) if (key.startsWith(`${connection}/`)) flights.delete(key);
    },
  };
}

const REFUSED = 'The platform refused a new token.';

/** Takes the token that another node has obtained meanwhile, or signs in: one node at a time, decided under the lock. */
async function obtain(
  ports: TokenPorts,
  connection: OpenConnection,
  refused: PlatformToken | null,
): Promise<PlatformToken> {
  const { store, limits, clock } = ports;
  const kept = async (): Promise<PlatformToken | null> => {
    const token = await readToken(ports, connection);
    if (token === null || !isFresh(token, connection, clock.now())) return null;
    return refused !== null && isSame(token, refused) ? null : token;
  };
  const fresh = async (): Promise<PlatformToken> => {
    const obtainedAtMs = clock.now(); // Before the platform counts.
    return keepToken(ports, connection, { text: await signIn(ports, connection), obtainedAtMs });
  };
  // As long as the longest sign-in of another node.
  const untilMs = clock.monotonic() + limits.outboundTotalTimeoutMs;
  for (let pauseMs = LOCK_PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, LOCK_PAUSE_MS_MAX)) {
    const token =
      (await kept()) ??
      (await store.withLock(
        `connections.token.${connection.id}`,
        async () => (await kept()) ?? (await fresh()),
      ));
    if (token !== null) return token;
    if (clock.monotonic() >= untilMs)
      throw new Fault('BUSY', { detail: 'Another node is signing in.', retryAfterSeconds: 1 });
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

interface Use {
  readonly connection: OpenConnection;
  readonly refused: PlatformToken | undefined;
  readonly nowMs: number;
}

function isUsable(token: PlatformToken, { connection, refused, nowMs }: Use): boolean {
  return (
    token.credentialVersion === connection.credentialVersion &&
    token.expiresAtMs > nowMs &&
    (refused === undefined || !isSame(token, refused))
  );
}

/** Whether a token is not yet due for its early renewal. */
function isFresh(token: PlatformToken, connection: OpenConnection, nowMs: number): boolean {
  const early = connection.platform.renewBeforeSeconds * 1_000;
  return token.credentialVersion === connection.credentialVersion && token.expiresAtMs - nowMs > early;
}

function isSame(left: PlatformToken, right: PlatformToken): boolean {
  return left.credentialVersion === right.credentialVersion && left.generation === right.generation;
}
