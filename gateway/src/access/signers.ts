import {
  type KeyAlgorithm,
  parsePublicKey,
  parseRequestSecret,
  REQUEST_SCHEMES,
  type RequestKey,
  type RequestSchemeName,
  SchemeFault,
} from '@sallyport/schemes';
import {
  type Actor,
  type AuditPort,
  type Clock,
  Fault,
  newId,
  Secret,
  type SignerId,
  textOf,
  utf8,
} from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { newCredentialText } from './credential-text.ts';
import { type Giver, requireHeld } from './giver.ts';
import { subjectOf } from './holders.ts';
import type { KeyTarget } from './key-view.ts';
import { lockKey } from './queries.ts';
import { insertSigner, retireSigner, type SignerRow, selectSigners } from './signer-queries.ts';
import type { Usage } from './usage.ts';

/** What requests of a key are verified with, by one scheme. */
export interface Signer {
  readonly scheme: RequestSchemeName;
  readonly key: RequestKey;
}

/** A signer as it can be shown: a public key whole, a secret never. */
export interface SignerView {
  readonly id: SignerId;
  readonly scheme: RequestSchemeName;
  readonly algorithm: KeyAlgorithm;
  /** PEM. */
  readonly publicKey: string | null;
  readonly createdAtMs: number;
}

/** What keys sign their requests with: a secret of ours that is shown once, or a public key of theirs. */
export interface Signers {
  /** `KEY_NOT_FOUND`, `SCOPE_NOT_HELD`, `INVALID_REQUEST`, `CONFLICT` for a revoked key and when too many are in force. */
  add(
    signer: KeyTarget & {
      readonly scheme: RequestSchemeName;
      readonly algorithm: KeyAlgorithm;
      readonly publicKey?: string | undefined;
    },
    actor: Actor,
    giver?: Giver | null,
  ): Promise<{ signer: SignerView; secret: Secret | null }>;
  /** Those in force, newest first. */
  list(target: KeyTarget): Promise<readonly SignerView[]>;
  /** `SECRET_IN_USE` when it was used within `secretInUseSeconds`, unless forced; `SIGNER_NOT_FOUND`. */
  retire(
    target: KeyTarget & { readonly signer: SignerId; readonly force?: boolean | undefined },
    actor: Actor,
  ): Promise<void>;
  /** Those in force, ready for use. */
  of(target: KeyTarget): Promise<readonly Signer[]>;
}

export interface SignersPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly limits: { readonly secretInUseSeconds: number };
  readonly usage: Usage;
  /** Told that what belongs to a key has changed. */
  readonly changed: (key: KeyTarget['key']) => void;
}

const SIGNERS_MAX = 8;
const FIELD = 'secret';

/** Makes the administration of signers. */
export function createSigners(ports: SignersPorts): Signers {
  const { store, keyring, audit, clock, limits, usage, changed } = ports;

  return {
    async add({ environment, key, scheme, algorithm, publicKey }, actor, giver = null) {
      checkFitting({ scheme, algorithm, publicKey });
      const text = algorithm === 'hmac-sha256' ? newCredentialText('signing') : null;
      const id = newId('signer', clock);
      const sealer = await keyring.sealer(environment, 'access');
      const sealed =
        text === null ? null : Buffer.from(sealer.seal({ record: id, field: FIELD }, utf8(text)));
      const createdAtMs = clock.now();
      await store.transaction(environment, async (tx) => {
        const row = await tx.row(lockKey, [environment, key]);
        if (row === null) throw new Fault('KEY_NOT_FOUND');
        if (row.revoked_at !== null) throw new Fault('CONFLICT', { detail: 'The key is revoked.' });
        requireHeld(giver, row.scopes);
        if ((await tx.rows(selectSigners, [environment, key])).length >= SIGNERS_MAX)
          throw new Fault('CONFLICT', { detail: `At most ${SIGNERS_MAX} signers of a key: retire one.` });
        const made = new Date(createdAtMs);
        await tx.run(insertSigner, [
          environment,
          id,
          key,
          scheme,
          algorithm,
          sealed,
          publicKey ?? null,
          made,
        ]);
        const act = {
          action: 'key.signer_added',
          actor,
          resource: `key:${key}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { signer: id, scheme, algorithm } });
        await store.changes.announce(tx, environment, subjectOf(key));
      });
      changed(key);
      const signer = { id, scheme, algorithm, publicKey: publicKey ?? null, createdAtMs };
      return { signer, secret: text === null ? null : Secret.fromText(text) };
    },

    async list({ environment, key }) {
      const rows = await store.transaction(environment, (tx) => tx.rows(selectSigners, [environment, key]));
      return rows.map(viewOf);
    },

    async retire({ environment, key, signer, force = false }, actor) {
      const sinceMs = clock.now() - limits.secretInUseSeconds * 1_000;
      const callers = force ? [] : await usage.callers({ environment, key, sinceMs, credential: signer });
      if (callers.length > 0) throw new Fault('SECRET_IN_USE', { detail: `${callers.length} caller(s).` });
      await store.transaction(environment, async (tx) => {
        const touched = await tx.run(retireSigner, [environment, key, signer, new Date(clock.now())]);
        if (touched === 0) throw new Fault('SIGNER_NOT_FOUND');
        const act = {
          action: 'key.signer_retired',
          actor,
          resource: `key:${key}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { signer, force } });
        await store.changes.announce(tx, environment, subjectOf(key));
      });
      changed(key);
    },

    async of({ environment, key }) {
      const rows = await store.transaction(environment, (tx) => tx.rows(selectSigners, [environment, key]));
      const sealer = await keyring.sealer(environment, 'access');
      return Promise.all(
        rows.map(
          async ({ id, scheme, algorithm, sealed_secret: sealed, public_key: pem }): Promise<Signer> => {
            if (algorithm !== 'hmac-sha256')
              return {
                scheme,
                key: { id, algorithm, publicKey: parsePublicKey({ algorithm, pem: pem ?? '' }) },
              };
            const text = textOf(await sealer.open({ record: id, field: FIELD }, sealed ?? new Uint8Array()));
            return { scheme, key: { id, algorithm, secret: parseRequestSecret(text) } };
          },
        ),
      );
    },
  };
}

/** A scheme takes certain algorithms, a public key is one of its algorithm, and a secret is ours to make. */
function checkFitting(given: {
  readonly scheme: RequestSchemeName;
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: string | undefined;
}): void {
  const { scheme, algorithm, publicKey } = given;
  const algorithms: readonly KeyAlgorithm[] = REQUEST_SCHEMES[scheme].algorithms;
  if (!algorithms.includes(algorithm)) {
    const problem = `must be one of ${algorithms.join(', ')} with ${scheme}`;
    throw new Fault('INVALID_REQUEST', { fields: [{ path: 'algorithm', problem }] });
  }
  const path = 'publicKey';
  if (algorithm === 'hmac-sha256') {
    if (publicKey === undefined) return;
    throw new Fault('INVALID_REQUEST', { fields: [{ path, problem: 'is for ed25519 and ml-dsa-65' }] });
  }
  try {
    parsePublicKey({ algorithm, pem: publicKey ?? '' });
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    const problem = `must be one public key of ${algorithm} in PEM`;
    throw new Fault('INVALID_REQUEST', { fields: [{ path, problem }] });
  }
}

function viewOf({ id, scheme, algorithm, public_key: publicKey, created_at }: SignerRow): SignerView {
  return { id, scheme, algorithm, publicKey, createdAtMs: created_at.getTime() };
}
