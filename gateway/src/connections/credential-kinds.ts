import { type EnvironmentId, encodeParts, Fault, toHex } from '#base';
import type { Environments } from '#environments';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { selectCredentialHolders } from './queries.ts';

export interface CredentialKindPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Environments;
}

/** A credential on its way into an environment. */
export interface Incoming {
  readonly environment: EnvironmentId;
  readonly platform: string;
  readonly credential: Readonly<Record<string, string>>;
}

/** So that no digest of an API key, made under the same pepper, can be one of these. */
const LABEL = 'sallyport platform credential';
const RETRY_SECONDS = 1;

/**
 * Keeps a credential while no environment of another kind has it (K3): `keep` is given its MAC and runs when that is
 * so, and nobody else brings the same credential in meanwhile. Throws `CREDENTIAL_IN_USE_ELSEWHERE`, which doesn't say
 * where, or `BUSY` when somebody does.
 *
 * The MAC is an HMAC under the pepper, which the database alone doesn't give away: a bare hash of a credential could be
 * tried against guesses, and would say which environments share one.
 */
export async function keptApart<T>(
  { store, keyring, environments }: CredentialKindPorts,
  { environment, platform, credential }: Incoming,
  keep: (mac: Buffer) => Promise<T>,
): Promise<T> {
  const { kind } = await environments.get(environment);
  const pepper = await keyring.pepper();
  const bytes = encodeParts([LABEL, platform, ...Object.entries(credential).toSorted(byName).flat()]);
  const macs = pepper.versions.map((version) => Buffer.from(pepper.digest(version, bytes)));
  const mac = Buffer.from(pepper.digest(pepper.current, bytes));
  // Two that look, find nothing and write would both succeed: of those with the same credential one at a time does.
  const done = await store.withLock(`connections.credential:${toHex(mac)}`, async () => {
    for (const other of await store.system((tx) => tx.rows(selectCredentialHolders, [macs, environment]))) {
      const otherKind = await kindOf(environments, other);
      if (otherKind !== null && otherKind !== kind) throw inUse(otherKind);
    }
    return { value: await keep(mac) };
  });
  if (done === null) throw new Fault('BUSY', { retryAfterSeconds: RETRY_SECONDS });
  return done.value;
}

/** `null` when it was deleted just now. */
async function kindOf(environments: Environments, id: EnvironmentId): Promise<string | null> {
  return environments.get(id).then(
    ({ kind }) => kind,
    (thrown: unknown) => {
      if (thrown instanceof Fault && thrown.code === 'ENVIRONMENT_NOT_FOUND') return null;
      throw thrown;
    },
  );
}

function inUse(kind: string): Fault {
  return new Fault('CREDENTIAL_IN_USE_ELSEWHERE', { detail: `A ${kind} environment has this credential.` });
}

function byName([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return left < right ? -1 : 1;
}
