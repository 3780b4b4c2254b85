import { type ConnectionId, textOf, utf8 } from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import type { OpenConnection } from './credentials.ts';
import { needlesOf } from './needles.ts';
import { selectToken, type TokenRow, upsertToken } from './queries.ts';
import type { PlatformToken } from './tokens.ts';

export interface TokenTablePorts {
  readonly store: Store;
  readonly keyring: Keyring;
}

const CONTEXT = (connection: ConnectionId) => ({ record: connection, field: 'token' });

/** The token that the nodes share, opened, or `null`. It may be of another version, or over. */
export async function readToken(
  { store, keyring }: TokenTablePorts,
  { environment, id }: OpenConnection,
): Promise<PlatformToken | null> {
  const row: TokenRow | null = await store.transaction(environment, (tx) =>
    tx.row(selectToken, [environment, id]),
  );
  if (row === null) return null;
  const sealer = await keyring.sealer(environment, 'tokens');
  const text = textOf(await sealer.open(CONTEXT(id), row.sealed_token));
  const { generation, credential_version: credentialVersion } = row;
  return {
    text,
    needles: needlesOf([text]),
    generation,
    credentialVersion,
    expiresAtMs: row.expires_at.getTime(),
  };
}

/**
 * Keeps a token for every node. One that was obtained with a credential replaced meanwhile, or for a connection that is
 * gone, is not kept: only the calls that waited for it use it, as generation 0.
 */
export async function keepToken(
  { store, keyring }: TokenTablePorts,
  { environment, id, platform, credentialVersion }: OpenConnection,
  { text, obtainedAtMs }: { text: string; obtainedAtMs: number },
): Promise<PlatformToken> {
  const sealer = await keyring.sealer(environment, 'tokens');
  const sealed = Buffer.from(sealer.seal(CONTEXT(id), utf8(text)));
  const expiresAtMs = obtainedAtMs + platform.tokenLifeSeconds * 1_000;
  const values = [environment, id, credentialVersion, sealed, new Date(obtainedAtMs), new Date(expiresAtMs)];
  const generation = await store.transaction(environment, (tx) => tx.row(upsertToken, values));
  return { text, needles: needlesOf([text]), generation: generation ?? 0, credentialVersion, expiresAtMs };
}
