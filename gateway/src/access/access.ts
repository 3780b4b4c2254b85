import {
  type Actor,
  type AuditPort,
  type Clock,
  type EnvironmentId,
  equalBytes,
  Fault,
  type KeyId,
  type Limits,
  type Log,
  newId,
  openSecret,
  type Page,
  Secret,
  utf8,
} from '#base';
import type { EnvironmentKind, Environments } from '#environments';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { newCredentialText } from './credential-text.ts';
import { createHolders } from './holders.ts';
import {
  deleteExpiredTokens,
  deleteTokensOfKey,
  type HolderRow,
  holdKey,
  insertKey,
  insertToken,
  type KeyRow,
  revokeKey,
  selectKey,
  selectKeys,
} from './queries.ts';
import { createRefusals } from './refusals.ts';

export type KeyKind = 'test' | 'live' | 'admin';

/** An API key as it can be shown: everything but the key. */
export interface KeyView {
  readonly id: KeyId;
  readonly kind: KeyKind;
  readonly name: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** Who has been authenticated, and where they may act. */
export interface Principal {
  readonly environment: EnvironmentId;
  readonly environmentKind: EnvironmentKind;
  readonly key: KeyId;
  readonly kind: KeyKind;
  readonly via: 'key' | 'bearer';
}

export interface AccessPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Environments;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who may come in. */
export interface Access {
  /**
   * Makes a key; the secret is the whole `sk_…` text and is in this answer only. `WRONG_KEY_KIND` when kind and
   * environment don't fit (K3, Q3), `CONFLICT` when a key in force has this name, `INVALID_REQUEST`.
   */
  createKey(
    key: { environment: EnvironmentId; kind: KeyKind; name: string },
    actor: Actor,
  ): Promise<{ key: KeyView; secret: Secret }>;
  /** Revokes a key and its bearer tokens. Repeating it changes nothing. `KEY_NOT_FOUND`. */
  revokeKey(target: { environment: EnvironmentId; key: KeyId }, actor: Actor): Promise<KeyView>;
  listKeys(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<KeyView>>;
  /** Who presents this `Authorization` header. `UNAUTHENTICATED`, `KEY_MALFORMED`, `KEY_REVOKED`, `TOKEN_EXPIRED`, `WRONG_KEY_KIND`. */
  authenticate(call: {
    authorization: string | undefined;
    surface: 'runtime' | 'admin';
    actor: Actor;
  }): Promise<Principal>;
  /** A bearer token for a key id and its secret. `INVALID_CREDENTIALS`, `KEY_REVOKED`, `WRONG_KEY_KIND`. */
  signIn(
    credential: { apiKey: KeyId; secret: Secret },
    actor: Actor,
  ): Promise<{ token: Secret; expiresInSeconds: number }>;
  /** Deletes bearer tokens whose time is over, a bounded number of them; the number deleted. */
  sweep(): Promise<number>;
  /** Records the refusals that wait for their entry. */
  stop(): Promise<void>;
}

/** The kinds of key an environment may have besides `admin` (Q3). */
const RUNTIME_KIND: Readonly<Record<EnvironmentKind, KeyKind>> = Object.freeze({
  development: 'test',
  staging: 'test',
  production: 'live',
});
const BEARER = /^Bearer ([\x21-\x7e]+)$/i;
const CREDENTIAL_CHARACTERS_MAX = 200;
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/;
const SWEEP_ITEMS = 1_000;
const SWEEP_ROUNDS_MAX = 100;

/** Makes the access room. */
export function createAccess(ports: AccessPorts): Access {
  const { store, keyring, environments, audit, limits, clock } = ports;
  const holders = createHolders(ports);
  const refusals = createRefusals(ports);

  /** Admits a holder that may act here; refuses others with an entry in the log of the environment whose key it is. */
  const admit = async (
    found: HolderRow,
    surface: 'runtime' | 'admin',
    actor: Actor,
  ): Promise<EnvironmentKind> => {
    const { kind } = await environments.get(found.environment_id);
    const code = refusalOf(found, { surface, environmentKind: kind, nowMs: clock.now() });
    if (code === null) return kind;
    await refusals.record({ holder: found, code, actor });
    throw new Fault(code, code === 'WRONG_KEY_KIND' ? { detail: WRONG_SURFACE[surface] } : {});
  };

  return {
    async createKey({ environment, kind, name }, actor) {
      if (!NAME.test(name)) {
        throw new Fault('INVALID_REQUEST', {
          fields: [{ path: 'name', problem: 'must be 1 to 63 letters, digits, spaces, dots, dashes' }],
        });
      }
      const { kind: environmentKind } = await environments.get(environment);
      const fitting = RUNTIME_KIND[environmentKind];
      if (kind !== 'admin' && kind !== fitting) {
        throw new Fault('WRONG_KEY_KIND', {
          detail: `A ${environmentKind} environment has ${fitting} and admin keys.`,
        });
      }
      const text = newCredentialText(kind);
      const pepper = await keyring.pepper();
      const id = newId('key', clock);
      const createdAtMs = clock.now();
      const digest = Buffer.from(pepper.digest(pepper.current, utf8(text)));
      await store.transaction(environment, async (tx) => {
        const values = [environment, id, kind, name, pepper.current, digest, new Date(createdAtMs)];
        if ((await tx.run(insertKey, values)) === 0)
          throw new Fault('CONFLICT', { detail: 'A key in force has this name.' });
        const act = { action: 'key.created', actor, resource: `key:${id}`, outcome: 'success' } as const;
        await audit.record(tx, environment, { ...act, details: { kind, name } });
      });
      return { key: { id, kind, name, createdAtMs, revokedAtMs: null }, secret: Secret.fromText(text) };
    },

    async revokeKey({ environment, key }, actor) {
      const row = await store.transaction(environment, async (tx) => {
        const revoked = await tx.run(revokeKey, [environment, key, new Date(clock.now())]);
        const row = await tx.row(selectKey, [environment, key]);
        if (row === null) throw new Fault('KEY_NOT_FOUND');
        if (revoked === 1) {
          const tokens = await tx.run(deleteTokensOfKey, [environment, key]);
          const act = { action: 'key.revoked', actor, resource: `key:${key}`, outcome: 'success' } as const;
          await audit.record(tx, environment, { ...act, details: { tokens } });
        }
        return row;
      });
      holders.revoked(key, row.revoked_at?.getTime() ?? clock.now());
      return viewOf(row);
    },

    async listKeys({ environment, after, limit }) {
      const rows = await store.transaction(environment, (tx) =>
        tx.rows(selectKeys, [environment, after ?? null, limit + 1]),
      );
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async authenticate({ authorization, surface, actor }) {
      const text = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
      if (text === undefined || text.length > CREDENTIAL_CHARACTERS_MAX) throw new Fault('UNAUTHENTICATED');
      const { via, holder } = await holders.find(Secret.fromText(text));
      if (holder === null) throw new Fault('UNAUTHENTICATED');
      const environmentKind = await admit(holder, surface, actor);
      const { environment_id: environment, key_id: key, kind } = holder;
      return { environment, environmentKind, key, kind, via };
    },

    async signIn({ apiKey, secret }, actor) {
      if (openSecret(secret).length > CREDENTIAL_CHARACTERS_MAX) throw new Fault('INVALID_CREDENTIALS');
      const found = await holders.find(secret).catch((thrown: unknown) => {
        if (thrown instanceof Fault && thrown.code === 'KEY_MALFORMED') return null;
        throw thrown;
      });
      const holder = found?.via === 'key' ? found.holder : null;
      if (holder === null) throw new Fault('INVALID_CREDENTIALS');
      if (!equalBytes(utf8(holder.key_id), utf8(apiKey))) {
        await refusals.record({ holder, code: 'INVALID_CREDENTIALS', actor });
        throw new Fault('INVALID_CREDENTIALS');
      }
      await admit(holder, 'runtime', actor);
      const text = newCredentialText('bearer');
      const pepper = await keyring.pepper();
      const now = clock.now();
      const expires = new Date(now + limits.bearerLifeSeconds * 1_000);
      const digest = Buffer.from(pepper.digest(pepper.current, utf8(text)));
      const { environment_id: environment, key_id: key } = holder;
      const id = newId('bearerToken', clock);
      await store.transaction(environment, async (tx) => {
        // What was remembered of the key may be older than its revocation; a token is made from what is true now.
        const held = await tx.row(holdKey, [environment, key]);
        if (held === null || held.revoked_at !== null) throw new Fault('KEY_REVOKED');
        await tx.run(insertToken, [environment, id, key, pepper.current, digest, new Date(now), expires]);
        const act = {
          action: 'token.issued',
          resource: `key:${key}`,
          outcome: 'success',
          details: { token: id },
        } as const;
        await audit.record(tx, environment, { ...act, actor: { ...actor, kind: 'key', id: key } });
      });
      return { token: Secret.fromText(text), expiresInSeconds: limits.bearerLifeSeconds };
    },

    stop: () => refusals.close(),

    async sweep() {
      const before = new Date(clock.now());
      let deleted = 0;
      for (let round = 0; round < SWEEP_ROUNDS_MAX; round++) {
        const some = await store.system((tx) => tx.run(deleteExpiredTokens, [before, SWEEP_ITEMS]));
        deleted += some;
        if (some < SWEEP_ITEMS) break;
      }
      return deleted;
    },
  };
}

const WRONG_SURFACE = Object.freeze({
  runtime: 'Administration keys administer; forwarding and signing in take a test or live key.',
  admin: 'Administration takes an sk_admin_ key.',
});

interface Presented {
  readonly surface: 'runtime' | 'admin';
  readonly environmentKind: EnvironmentKind;
  readonly nowMs: number;
}

function refusalOf(holder: HolderRow, { surface, environmentKind, nowMs }: Presented) {
  if (holder.revoked_at !== null) return 'KEY_REVOKED';
  if (holder.expires_at !== null && holder.expires_at.getTime() <= nowMs) return 'TOKEN_EXPIRED';
  // Made only where it fits, and asked again at each use: no key of one kind of environment serves in another (K3).
  const fitting = surface === 'admin' ? 'admin' : RUNTIME_KIND[environmentKind];
  return holder.kind === fitting ? null : 'WRONG_KEY_KIND';
}

function viewOf({ id, kind, name, created_at, revoked_at }: KeyRow): KeyView {
  return { id, kind, name, createdAtMs: created_at.getTime(), revokedAtMs: revoked_at?.getTime() ?? null };
}
