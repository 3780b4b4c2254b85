import { type Actor, type AuditPort, type Clock, type EnvironmentId, Fault, type Log, SYSTEM } from '#base';
import type { Store } from '#store';
import { type ChunkedCipher, createChunkedCipher } from './chunked.ts';
import { createKeyCache } from './key-cache.ts';
import type { SealPurpose } from './purposes.ts';
import { dataKeyOfVersion, insertDataKey, newestDataKey, type WrappedKey } from './queries.ts';
import type { RootKeys } from './root-keys.ts';
import { contextEncoder, type SealContext, wrapContext } from './seal-context.ts';
import { prefixOf } from './sealed-prefix.ts';

/** One version of a data key, ready for use. The key itself can't be reached through it. */
export interface DataKey {
  readonly version: number;
  readonly cipher: ChunkedCipher;
  /** In front of every value sealed under it. */
  readonly prefix: Uint8Array;
  readonly contextOf: (place: SealContext) => Uint8Array;
}

export interface DataKeyScope {
  readonly environment: EnvironmentId;
  readonly purpose: SealPurpose;
}

/** The data keys of every environment, unwrapped when first needed and remembered within bounds. */
export interface DataKeys {
  /** The version to seal with; makes version 1 when there is none. */
  newest(scope: DataKeyScope): Promise<{ readonly current: DataKey }>;
  /** `null` when there is no such version. */
  ofVersion(scope: DataKeyScope, version: number): Promise<DataKey | null>;
  /** Adds a version, with its entry in the log. */
  rotate(scope: DataKeyScope, actor: Actor): Promise<number>;
  /** Forgets the keys of an environment, or of all: they are read again when they are needed, if they still exist. */
  forget(environment: EnvironmentId | 'all'): void;
}

export interface DataKeysPorts {
  readonly store: Store;
  readonly rootKeys: RootKeys;
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly log: Log;
}

/** Data keys kept unwrapped (3 KiB each); the longest unused goes first. */
const DATA_KEYS_MAX = 4_096;
/** A node that did not rotate notices another's rotation within this time of use; old versions open all the while. */
const NEWEST_FRESH_MS = 30_000;
/** A store that is away is not asked for each event. */
const NEWEST_AGAIN_MS = 5_000;
/** Rotations of one key that may overtake one another. */
const ROTATE_TRIES = 5;

interface Newest {
  current: DataKey;
  readAtMs: number;
  refreshing: boolean;
}

/** Keeps data keys: one table row a version, wrapped by the root key, bound to its environment, purpose and version. */
export function createDataKeys({ store, rootKeys, audit, clock, log }: DataKeysPorts): DataKeys {
  const versions = createKeyCache<DataKey>(DATA_KEYS_MAX);
  const newests = createKeyCache<Newest>(DATA_KEYS_MAX);

  async function opened(scope: DataKeyScope, row: WrappedKey): Promise<DataKey> {
    return versions.get(nameOf(scope, row.version), async () => {
      const bound = { ...scope, version: row.version };
      return usable(bound, await rootKeys.unwrap(row, (keyId) => wrapContext(bound, keyId)));
    });
  }

  /** Makes a version. `null` when another node made it first: then its key is the one. */
  async function make(
    scope: DataKeyScope,
    version: number,
    how: { action: string; actor: Actor },
  ): Promise<DataKey | null> {
    const { environment, purpose } = scope;
    const bound = { ...scope, version };
    const { key, keyId, wrapped } = await rootKeys.generate((id) => wrapContext(bound, id));
    const made = await store.transaction(environment, async (tx) => {
      const values = [
        environment,
        purpose,
        version,
        keyId,
        rootKeys.currentId,
        wrapped,
        new Date(clock.now()),
      ];
      if ((await tx.run(insertDataKey, values)) === 0) return false;
      const act = { ...how, resource: `datakey:${purpose}`, outcome: 'success' } as const;
      await audit.record(tx, environment, { ...act, details: { version, rootKey: rootKeys.currentId } });
      return true;
    });
    if (!made) {
      key.fill(0);
      return null;
    }
    const dataKey = usable(bound, key);
    versions.set(nameOf(scope, version), dataKey);
    return dataKey;
  }

  const readNewest = ({ environment, purpose }: DataKeyScope): Promise<WrappedKey | null> =>
    store.transaction(environment, (tx) => tx.row(newestDataKey, [environment, purpose]));

  async function loadNewest(scope: DataKeyScope): Promise<DataKey> {
    const found = await readNewest(scope);
    if (found !== null) return opened(scope, found);
    const made = await make(scope, 1, { action: 'datakey.created', actor: SYSTEM });
    if (made !== null) return made;
    const other = await readNewest(scope);
    // Neither made nor found: the environment is being deleted, and no key takes the place of one that was destroyed.
    if (other === null) throw new Fault('ENVIRONMENT_NOT_FOUND');
    return opened(scope, other);
  }

  /** Reads the newest version again without making anyone wait; a store that is away leaves the key in use. */
  function refresh(scope: DataKeyScope, newest: Newest): void {
    newest.refreshing = true;
    loadNewest(scope)
      .then((dataKey) => {
        if (dataKey.version > newest.current.version) newest.current = dataKey;
        newest.readAtMs = clock.now();
      })
      .catch((error: unknown) => {
        newest.readAtMs = clock.now() - NEWEST_FRESH_MS + NEWEST_AGAIN_MS;
        log.warn('The newest data key could not be read again.', {
          environment: scope.environment,
          name: scope.purpose,
          error,
        });
      })
      .finally(() => {
        newest.refreshing = false;
      });
  }

  return Object.freeze({
    async newest(scope: DataKeyScope): Promise<{ readonly current: DataKey }> {
      const name = nameOf(scope, 0);
      const load = async () => ({
        current: await loadNewest(scope),
        readAtMs: clock.now(),
        refreshing: false,
      });
      const newest = newests.peek(name) ?? (await newests.get(name, load));
      if (!newest.refreshing && clock.now() - newest.readAtMs > NEWEST_FRESH_MS) refresh(scope, newest);
      return newest;
    },

    async ofVersion(scope: DataKeyScope, version: number): Promise<DataKey | null> {
      const known = versions.peek(nameOf(scope, version));
      if (known !== undefined) return known;
      const { environment, purpose } = scope;
      const row = await store.transaction(environment, (tx) =>
        tx.row(dataKeyOfVersion, [environment, purpose, version]),
      );
      return row === null ? null : opened(scope, row);
    },

    async rotate(scope: DataKeyScope, actor: Actor): Promise<number> {
      for (let tries = 0; tries < ROTATE_TRIES; tries += 1) {
        const found = await readNewest(scope);
        const version = (found?.version ?? 0) + 1;
        const made = await make(scope, version, { action: 'datakey.rotated', actor });
        if (made === null) continue;
        const newest = newests.peek(nameOf(scope, 0));
        if (newest !== undefined && newest.current.version < version) newest.current = made;
        return version;
      }
      throw new Fault('CONFLICT', { detail: 'The data key is being rotated elsewhere.' });
    },

    forget(environment: EnvironmentId | 'all'): void {
      for (const cache of [versions, newests]) cache.forget(environment === 'all' ? '' : `${environment} `);
    },
  });
}

function usable(bound: DataKeyScope & { version: number }, key: Uint8Array): DataKey {
  const cipher = createChunkedCipher(key);
  key.fill(0);
  const { version } = bound;
  return Object.freeze({ version, cipher, prefix: prefixOf(version), contextOf: contextEncoder(bound) });
}

function nameOf({ environment, purpose }: DataKeyScope, version: number): string {
  return `${environment} ${purpose} ${version}`;
}
