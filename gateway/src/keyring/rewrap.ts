import { type Act, type Actor, type AuditPort, type EnvironmentId, Fault } from '#base';
import type { Store } from '#store';
import { PURPOSES, type SealPurpose } from './purposes.ts';
import {
  dataKeysOfOtherRoots,
  installationKeysOfOtherRoots,
  replaceDataKeyWrapping,
  replaceInstallationKeyWrapping,
} from './queries.ts';
import { foreignRootKey, type RootKeys } from './root-keys.ts';
import { installationContext, wrapContext } from './seal-context.ts';

export interface RewrapPorts {
  readonly store: Store;
  readonly rootKeys: RootKeys;
  readonly audit: AuditPort;
}

export interface RewrapOptions {
  readonly environment: EnvironmentId;
  readonly actor: Actor;
}

interface Rewrapped<Purpose extends string> {
  readonly purpose: Purpose;
  readonly version: number;
  /** The root key that wrapped it. */
  readonly from: string;
  readonly wrapped: Uint8Array;
}

/** Keys rewrapped in one transaction. */
const BATCH_ITEMS = 64;
/** Beyond it, two nodes with different root keys are at work against each other. */
const BATCHES_MAX = 10_000;

/**
 * Wraps an environment's data keys, and the keys of the installation, under the current root key. What they seal is
 * not touched, and neither is the context they are wrapped under.
 *
 * Each batch commits with its entry in the log; a key says which root key wraps it, so that whoever is killed in the
 * middle starts again and finds what is left, and two at once do no work twice.
 */
export async function rewrap(ports: RewrapPorts, options: RewrapOptions): Promise<{ rewrapped: number }> {
  return {
    rewrapped: (await rewrapDataKeys(ports, options)) + (await rewrapInstallationKeys(ports, options)),
  };
}

async function rewrapDataKeys(
  { store, rootKeys, audit }: RewrapPorts,
  options: RewrapOptions,
): Promise<number> {
  const { environment, actor } = options;
  const to = rootKeys.currentId;
  let total = 0;
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const rows = await store.transaction(environment, (tx) =>
      tx.rows(dataKeysOfOtherRoots, [environment, to, BATCH_ITEMS]),
    );
    if (rows.length === 0) return total;
    // The key manager may be across a network: it is not called inside a transaction.
    const again: Rewrapped<SealPurpose>[] = [];
    for (const row of rows) {
      const { purpose, version } = row;
      if (!isPurpose(purpose)) throw foreignRootKey(row.rootKeyId, to);
      const wrapped = await rootKeys.rewrap(row, (keyId) =>
        wrapContext({ environment, purpose, version }, keyId),
      );
      again.push({ purpose, version, from: row.rootKeyId, wrapped });
    }
    total += await store.transaction(environment, async (tx) => {
      const done: string[] = [];
      for (const { purpose, version, from, wrapped } of again) {
        const touched = await tx.run(replaceDataKeyWrapping, [
          environment,
          purpose,
          version,
          from,
          wrapped,
          to,
        ]);
        if (touched === 1) done.push(`${purpose}/${version}`);
      }
      if (done.length > 0)
        await audit.record(tx, environment, actOf(actor, { outcome: 'success', to, keys: done }));
      return done.length;
    });
  }
  throw overtaken();
}

/** These belong to no environment; the act is in the log of the one that asked for it, as an intent before it. */
async function rewrapInstallationKeys(
  { store, rootKeys, audit }: RewrapPorts,
  options: RewrapOptions,
): Promise<number> {
  const { environment, actor } = options;
  const to = rootKeys.currentId;
  let total = 0;
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const rows = await store.system((tx) => tx.rows(installationKeysOfOtherRoots, [to, BATCH_ITEMS]));
    if (rows.length === 0) return total;
    const again: Rewrapped<string>[] = [];
    for (const row of rows) {
      const { purpose, version } = row;
      const wrapped = await rootKeys.rewrap(row, (keyId) => installationContext(purpose, version, keyId));
      again.push({ purpose, version, from: row.rootKeyId, wrapped });
    }
    const keys = again.map(({ purpose, version }) => `installation/${purpose}/${version}`);
    await audit.note(environment, actOf(actor, { outcome: 'intent', to, keys }));
    const done = await store.system(async (tx) => {
      let touched = 0;
      for (const { purpose, version, from, wrapped } of again) {
        touched += await tx.run(replaceInstallationKeyWrapping, [purpose, version, from, wrapped, to]);
      }
      return touched;
    });
    await audit.note(environment, actOf(actor, { outcome: 'success', to, keys }));
    total += done;
  }
  throw overtaken();
}

function overtaken(): Fault {
  return new Fault('CONFLICT', { detail: 'Keys are being wrapped under another root key elsewhere.' });
}

function actOf(
  actor: Actor,
  what: { outcome: 'intent' | 'success'; to: string; keys: readonly string[] },
): Act {
  const { outcome, to, keys } = what;
  const details = { rootKey: to, keys, count: keys.length };
  return { action: 'datakey.rewrapped', actor, resource: `rootkey:${to}`, outcome, details };
}

function isPurpose(name: string): name is SealPurpose {
  return Object.hasOwn(PURPOSES, name);
}
