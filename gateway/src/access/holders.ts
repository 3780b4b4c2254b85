import {
  type Clock,
  createMemory,
  Fault,
  type KeyId,
  type Limits,
  openSecret,
  openSecretText,
  type Secret,
  toHex,
} from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { parseCredentialText } from './credential-text.ts';
import { type HolderRow, selectKeyHolder, selectTokenHolder } from './queries.ts';

export interface HolderPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** Finds who holds a credential. */
export interface Holders {
  /** The key behind a key's or bearer token's text; `null` when nobody holds it. Throws `KEY_MALFORMED`. */
  find(credential: Secret): Promise<{ via: 'key' | 'bearer'; holder: HolderRow | null }>;
  /** A key was revoked here: from now on no answer of this node, also one under way, shows it in force. */
  revoked(key: KeyId, atMs: number): void;
}

const TOMBSTONES_MAX = 10_000;

/**
 * Looks credentials up by their digest under the pepper, remembering an answer for `keyCacheMs` at most: a revocation
 * on any node is in force here within that time. Unknown credentials are not remembered, so that a flood of them
 * can't push the known ones out.
 */
export function createHolders({ store, keyring, limits, clock }: HolderPorts): Holders {
  const trusted = { itemsMax: limits.keyCacheItemsMax, trustMs: limits.keyCacheMs, clock };
  // Digests under each pepper version, joined: what is remembered is no credential.
  const asked = (query: typeof selectKeyHolder) => (digests: string) =>
    store.system((tx) => tx.row(query, [digests.split(',').map((digest) => Buffer.from(digest, 'hex'))]));
  const memories = {
    key: createMemory({ ask: asked(selectKeyHolder), ...trusted }),
    bearer: createMemory({ ask: asked(selectTokenHolder), ...trusted }),
  };
  // What this node revoked itself is in force at once. Nothing is ever un-revoked, and an answer that was under way
  // when the oldest of these is dropped has long been given.
  const tombstones = new Map<KeyId, Date>();

  return {
    async find(credential) {
      const kind = parseCredentialText(openSecretText(credential));
      if (kind === null) throw new Fault('KEY_MALFORMED');
      const via = kind === 'bearer' ? 'bearer' : 'key';
      const pepper = await keyring.pepper();
      const digests = pepper.versions.map((version) => toHex(pepper.digest(version, openSecret(credential))));
      const holder = await memories[via].get(digests.join());
      const revokedAt = holder === null ? undefined : tombstones.get(holder.key_id);
      if (holder === null || revokedAt === undefined) return { via, holder };
      return { via, holder: { ...holder, revoked_at: holder.revoked_at ?? revokedAt } };
    },

    revoked(key, atMs) {
      tombstones.set(key, new Date(atMs));
      const oldest = tombstones.size > TOMBSTONES_MAX ? tombstones.keys().next() : null;
      if (oldest?.done === false) tombstones.delete(oldest.value);
    },
  };
}
