import type { Actor, AuditPort, Clock, EnvironmentId, Log } from '#base';
import type { Store } from '#store';
import { createDataKeys } from './data-keys.ts';
import type { KeyManager } from './key-manager.ts';
import { createPepperSource, type Pepper } from './pepper.ts';
import type { SealPurpose } from './purposes.ts';
import { rootKeysInUse } from './queries.ts';
import { rewrap } from './rewrap.ts';
import { createRootKeys, foreignRootKey } from './root-keys.ts';
import { createSealer, type Sealer } from './sealer.ts';

/** Everything that is kept secret at rest goes through here. */
export interface Keyring {
  /**
   * The sealer of an environment and purpose; a look-up in memory once its key is known. Ask anew for each use, and
   * before a transaction rather than in one: a key that is not in memory is read in a transaction of its own.
   */
  sealer(environment: EnvironmentId, purpose: SealPurpose): Promise<Sealer>;
  /** Adds a key version for sealing; older ones still open. Other nodes follow within 30 s. */
  rotate(environment: EnvironmentId, purpose: SealPurpose, actor: Actor): Promise<{ version: number }>;
  /** After a new root key: wraps the keys of former ones under it. Resumable; touches only wrapped keys. */
  rewrap(environment: EnvironmentId, actor: Actor): Promise<{ rewrapped: number }>;
  /** Forgets the data keys of an environment, or of all, that are in memory. For when they may have been destroyed. */
  forget(environment: EnvironmentId | 'all'): void;
  /** The pepper of the installation, in every version. */
  pepper(): Promise<Pepper>;
  /** Throws `ROOT_KEY_INVALID` when the database holds keys whose root key is not at hand. For the start. */
  check(): Promise<void>;
}

export interface KeyringPorts {
  readonly store: Store;
  readonly keyManager: KeyManager;
  /** The managers of former root keys, while their keys are being rewrapped. */
  readonly formerKeyManagers?: readonly KeyManager[];
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes the keyring: data keys per environment and purpose, in versions, wrapped by the key manager's root key.
 *
 * @example
 * const sealer = await keyring.sealer(environment, 'events');
 * const sealed = sealer.seal({ record: event, field: 'body' }, body);
 */
export function createKeyring(ports: KeyringPorts): Keyring {
  const { store, keyManager, formerKeyManagers = [], audit, clock, log } = ports;
  const rootKeys = createRootKeys(keyManager, formerKeyManagers);
  const dataKeys = createDataKeys({ store, rootKeys, audit, clock, log });
  const pepper = createPepperSource({ store, rootKeys, audit, clock, log });
  const atHand = new Set([keyManager, ...formerKeyManagers].map(({ id }) => id));

  return Object.freeze({
    sealer: (environment: EnvironmentId, purpose: SealPurpose) =>
      createSealer(dataKeys, { environment, purpose }),
    rotate: async (environment: EnvironmentId, purpose: SealPurpose, actor: Actor) => ({
      version: await dataKeys.rotate({ environment, purpose }, actor),
    }),
    rewrap: (environment: EnvironmentId, actor: Actor) =>
      rewrap({ store, rootKeys, audit }, { environment, actor }),
    forget: dataKeys.forget,
    pepper,
    async check(): Promise<void> {
      const inUse = await store.system((tx) => tx.rows(rootKeysInUse, []));
      const foreign = inUse.find(({ rootKeyId }) => !atHand.has(rootKeyId));
      if (foreign !== undefined) throw foreignRootKey(foreign.rootKeyId, keyManager.id);
    },
  });
}
