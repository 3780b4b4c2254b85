// node:crypto here: the log's Ed25519 keys are made and used in this room; nothing else is.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { encodeVerifierKey, signCheckpoint } from '@sallyport/evidence';
import { type Clock, type EnvironmentId, Fault, isoTime } from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { insertSigner, selectSigner } from './queries.ts';

/** Signs the checkpoints of one environment's log. */
export interface Signer {
  readonly verifierKey: string;
  sign(tree: { readonly size: number; readonly root: Uint8Array }): string;
}

/** The origin of an environment's log, which is also the name of its key (C2SP tlog-checkpoint). */
export function originOf(environment: EnvironmentId): string {
  return `sallyport/${environment}`;
}

const CONTEXT = (environment: EnvironmentId) => ({ record: environment, field: 'signing-key' });

/** The signers in use. */
export interface Signers {
  (environment: EnvironmentId): Promise<Signer>;
  /** Forgets the signer of an environment, or of all: it is read again when it is needed, if it still exists. */
  forget(environment: EnvironmentId | 'all'): void;
}

/** Gives the signer of an environment, making its key at the first call. Two nodes at once end with one key. */
export function createSigners(ports: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
}): Signers {
  const { store, keyring, clock } = ports;
  const signers = new Map<EnvironmentId, Signer>();

  const load = async (environment: EnvironmentId): Promise<Signer | null> => {
    const row = await store.transaction(environment, (tx) => tx.row(selectSigner, [environment]));
    if (row === null) return null;
    const sealer = await keyring.sealer(environment, 'audit');
    const der = await sealer.open(CONTEXT(environment), row.sealed_key);
    const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
    return signerOf({ environment, key, verifierKey: row.verifier_key, clock });
  };

  const make = async (environment: EnvironmentId): Promise<void> => {
    const sealer = await keyring.sealer(environment, 'audit');
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const sealed = sealer.seal(CONTEXT(environment), privateKey.export({ format: 'der', type: 'pkcs8' }));
    const verifierKey = encodeVerifierKey({ name: originOf(environment), key: publicKey });
    await store.transaction(environment, (tx) =>
      tx.run(insertSigner, [environment, verifierKey, Buffer.from(sealed)]),
    );
  };

  let forgotten = 0;
  const signerFor = async (environment: EnvironmentId): Promise<Signer> => {
    const known = signers.get(environment);
    if (known !== undefined) return known;
    const before = forgotten;
    let signer = await load(environment);
    if (signer === null) {
      await make(environment);
      signer = await load(environment);
    }
    if (signer === null) throw new Fault('AUDIT_UNAVAILABLE');
    if (forgotten === before) signers.set(environment, signer);
    return signer;
  };
  return Object.assign(signerFor, {
    forget(environment: EnvironmentId | 'all'): void {
      forgotten += 1;
      if (environment === 'all') signers.clear();
      else signers.delete(environment);
    },
  });
}

function signerOf(parts: {
  environment: EnvironmentId;
  key: KeyObject;
  verifierKey: string;
  clock: Clock;
}): Signer {
  const { environment, key, verifierKey, clock } = parts;
  const origin = originOf(environment);
  return {
    verifierKey,
    sign: ({ size, root }) => signCheckpoint({ origin, size, root, key, time: isoTime(clock.now()) }),
  };
}
