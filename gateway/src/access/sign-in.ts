import {
  type Actor,
  type AuditPort,
  type Clock,
  equalBytes,
  Fault,
  type KeyId,
  type Limits,
  newId,
  openSecret,
  openSecretText,
  Secret,
  utf8,
} from '#base';
import type { Keyring } from '#keyring';
import { type Store, sweepOld } from '#store';
import { newCredentialText } from './credential-text.ts';
import type { Holder, Holders } from './holders.ts';
import { deleteExpiredTokens, holdKey, insertToken } from './queries.ts';
import type { Refusals } from './refusals.ts';

/** Bearer tokens: opaque, of an hour, revocable, and good only as long as their key and secret. */
export interface SignIn {
  /**
   * A bearer token for a key id and its secret. `INVALID_CREDENTIALS`, and whatever `authenticate` refuses a key for.
   */
  signIn(
    credential: { apiKey: KeyId; secret: Secret; origin?: string | undefined },
    actor: Actor,
  ): Promise<{ token: Secret; expiresInSeconds: number }>;
  /** Deletes bearer tokens whose time is over, a bounded number of them; the number deleted. */
  sweep(): Promise<number>;
}

export interface SignInPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly holders: Holders;
  readonly refusals: Refusals;
  readonly admit: (
    holder: Holder,
    presented: { surface: 'runtime'; origin: string | undefined; actor: Actor; via: 'key' },
  ) => Promise<unknown>;
}

const SECRET_BYTES_MAX = 200;
const SWEEP = { rowsMax: 1_000, roundsMax: 100 } as const;

/** Makes signing in. */
export function createSignIn(ports: SignInPorts): SignIn {
  const { store, keyring, audit, limits, clock, holders, refusals, admit } = ports;
  return {
    async signIn({ apiKey, secret, origin }, actor) {
      if (openSecret(secret).length > SECRET_BYTES_MAX) throw new Fault('INVALID_CREDENTIALS');
      const found = await holders.find(openSecretText(secret)).catch((thrown: unknown) => {
        if (thrown instanceof Fault && thrown.code === 'KEY_MALFORMED') return null;
        throw thrown;
      });
      const holder = found?.via === 'key' ? found.holder : null;
      if (holder === null) throw new Fault('INVALID_CREDENTIALS');
      const { environment_id: environment, key_id: key, secret_id: secretId } = holder;
      if (!equalBytes(utf8(key), utf8(apiKey))) {
        await refusals.record({ environment, key, code: 'INVALID_CREDENTIALS', actor });
        throw new Fault('INVALID_CREDENTIALS');
      }
      await admit(holder, { surface: 'runtime', origin, actor, via: 'key' });
      const text = newCredentialText('bearer');
      const pepper = await keyring.pepper();
      const now = clock.now();
      const expires = new Date(now + limits.bearerLifeSeconds * 1_000);
      const digest = Buffer.from(pepper.digest(pepper.current, utf8(text)));
      const id = newId('bearerToken', clock);
      await store.transaction(environment, async (tx) => {
        // What was remembered of the key may be older than its revocation; a token is made from what is true now.
        const held = await tx.row(holdKey, [environment, key]);
        if (held === null || held.revoked_at !== null) throw new Fault('KEY_REVOKED');
        const values = [environment, id, key, secretId, pepper.current, digest, new Date(now), expires];
        await tx.run(insertToken, values);
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

    async sweep() {
      const before = new Date(clock.now());
      return sweepOld(store, { ...SWEEP, statement: deleteExpiredTokens, before });
    },
  };
}
