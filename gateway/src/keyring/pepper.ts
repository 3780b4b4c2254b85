import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { type AuditPort, type Clock, Fault, INSTALLATION, type Log, SYSTEM } from '#base';
import type { Store } from '#store';
import { insertInstallationKey, installationKeys, type WrappedKey } from './queries.ts';
import type { RootKeys } from './root-keys.ts';
import { installationContext } from './seal-context.ts';

/** The pepper of the installation: HMAC-SHA-256 under a key that the database alone does not give away. */
export interface Pepper {
  /** The version to make digests with. */
  readonly current: number;
  /** Every version there is, newest first. */
  readonly versions: readonly number[];
  /** 32 bytes; throws `INTERNAL` for a version that there is not. */
  digest(version: number, bytes: Uint8Array): Uint8Array;
}

export interface PepperPorts {
  readonly store: Store;
  readonly rootKeys: RootKeys;
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly log: Log;
}

const PURPOSE = 'pepper';
/** Each is tried for every credential, so there are few. */
const VERSIONS_MAX = 16;
const FRESH_MS = 30_000;
/** A store that is away is not asked for each credential. */
const AGAIN_MS = 5_000;

/** Gives the pepper, read at most every 30 s; makes version 1 when there is none. */
export function createPepperSource(ports: PepperPorts): () => Promise<Pepper> {
  const { clock, log } = ports;
  let known: { pepper: Pepper; readAtMs: number } | null = null;
  let loading: Promise<Pepper> | null = null;

  function load(): Promise<Pepper> {
    loading ??= readPepper(ports)
      .then((pepper) => {
        known = { pepper, readAtMs: clock.now() };
        return pepper;
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  }

  return async () => {
    if (known === null) return load();
    if (clock.now() - known.readAtMs > FRESH_MS && loading === null) {
      const { pepper } = known;
      load().catch((error: unknown) => {
        known = { pepper, readAtMs: clock.now() - FRESH_MS + AGAIN_MS };
        log.warn('The pepper could not be read again.', { error });
      });
    }
    return known.pepper;
  };
}

async function readPepper({ store, rootKeys, audit, clock, log }: PepperPorts): Promise<Pepper> {
  const read = (): Promise<WrappedKey[]> =>
    store.system((tx) => tx.rows(installationKeys, [PURPOSE, VERSIONS_MAX]));
  let rows = await read();
  if (rows.length === 0) {
    const { key, keyId, wrapped } = await rootKeys.generate((id) => installationContext(PURPOSE, 1, id));
    key.fill(0);
    const values = [PURPOSE, 1, keyId, rootKeys.currentId, wrapped, new Date(clock.now())];
    // The key is made under the role that sees all environments, the entry in the log of the installation: two
    // transactions, so the intent is durable first.
    const act = { action: 'datakey.created', actor: SYSTEM, resource: `datakey:${PURPOSE}` } as const;
    const details = { version: 1, rootKey: rootKeys.currentId };
    await audit.note(INSTALLATION, { ...act, outcome: 'intent', details });
    const made = await store.system((tx) => tx.run(insertInstallationKey, values));
    if (made === 1) {
      log.info('The pepper of this installation was made.', { version: '1' });
      await audit.note(INSTALLATION, { ...act, outcome: 'success', details });
    }
    rows = await read();
  }
  const keys = new Map<number, KeyObject>();
  for (const row of rows) {
    const key = await rootKeys.unwrap(row, (keyId) => installationContext(PURPOSE, row.version, keyId));
    keys.set(row.version, createSecretKey(key));
    key.fill(0);
  }
  const current = rows[0]?.version;
  if (current === undefined)
    throw new Fault('INTERNAL', { cause: new Error('A pepper that exists was not found.') });
  return Object.freeze({
    current,
    versions: Object.freeze([...keys.keys()]),
    digest(version: number, bytes: Uint8Array): Uint8Array {
      const key = keys.get(version);
      if (key === undefined)
        throw new Fault('INTERNAL', { cause: new Error(`There is no pepper of version ${version}.`) });
      return createHmac('sha256', key).update(bytes).digest();
    },
  });
}
