import {
  type Clock,
  createMemory,
  Fault,
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
}

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

  return {
    async find(credential) {
      const kind = parseCredentialText(openSecretText(credential));
      if (kind === null) throw new Fault('KEY_MALFORMED');
      const via = kind === 'bearer' ? 'bearer' : 'key';
      const pepper = await keyring.pepper();
      const digests = pepper.versions.map((version) => toHex(pepper.digest(version, openSecret(credential))));
      return { via, holder: await memories[via].get(digests.join()) };
    },
  };
}
