// node:crypto here: to make Ed25519 key pairs, and the digest by which a repeated request for a rotation is recognised.
import { generateKeyPairSync, hash } from 'node:crypto';
import { parseSecret, SchemeFault } from '@sallyport/schemes';
import {
  type Clock,
  type DestinationId,
  type EnvironmentId,
  Fault,
  newId,
  randomBytes,
  type SecretId,
  type Transaction,
  textOf,
  toBase64,
  toHex,
  utf8,
} from '#base';
import type { Sealer } from '#keyring';
import { insertDestinationSecret, type SecretRow } from './destination-queries.ts';
import type { Signature } from './settings.ts';

export type SecretKind = SecretRow['kind'];

/** A secret of a destination as it can be shown. */
export interface SecretView {
  readonly id: SecretId;
  readonly kind: SecretKind;
  /** `whpk_…`, what a receiver verifies with, of a key pair. */
  readonly publicKey: string | null;
  readonly createdAtMs: number;
  /** When it signs nothing any more; `null` for those that are current. */
  readonly endsAtMs: number | null;
}

/** A secret that was just made. */
export interface MadeSecret {
  readonly id: SecretId;
  readonly kind: SecretKind;
  readonly sealed: Uint8Array;
  readonly publicKey: string | null;
  /** Of a symmetric one: the text to show this once. */
  readonly text: string | null;
}

const SECRET_BYTES = 32;
const TEXT_CHARACTERS_MAX = 256;
/** The SPKI of an Ed25519 key is this many bytes and the key (RFC 8410 section 4). */
const SPKI_PREFIX_BYTES = 12;

/** The kinds of secrets that a signature is made with. */
export function kindsOf(signature: Signature): readonly SecretKind[] {
  if (signature === 'both') return ['symmetric', 'ed25519'];
  return signature === 'standard-webhooks-v1a' ? ['ed25519'] : ['symmetric'];
}

/** A new symmetric secret; `text` when it was given rather than to be made. */
export function newSymmetric(sealer: Sealer, clock: Clock, text = newSecretText()): MadeSecret {
  const id = newId('secret', clock);
  const sealed = sealer.seal({ record: id, field: 'secret' }, utf8(text));
  return { id, kind: 'symmetric', sealed, publicKey: null, text };
}

/** A new Ed25519 key pair, of which nobody ever sees the private half. */
export function newKeyPair(sealer: Sealer, clock: Clock): MadeSecret {
  const id = newId('secret', clock);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const sealed = sealer.seal(
    { record: id, field: 'secret' },
    privateKey.export({ format: 'der', type: 'pkcs8' }),
  );
  return {
    id,
    kind: 'ed25519',
    sealed,
    publicKey: `whpk_${toBase64(spki.subarray(SPKI_PREFIX_BYTES))}`,
    text: null,
  };
}

/** The text of a new secret in the first of the usual forms that is taken: `whsec_…`, base64, hexadecimal. */
export function newSecretText(isTaken: (text: string) => boolean = () => true): string {
  const bytes = randomBytes(SECRET_BYTES);
  const base64 = toBase64(bytes);
  return [`whsec_${base64}`, base64, toHex(bytes)].find(isTaken) ?? `whsec_${base64}`;
}

/** Writes a secret down; `request` is the digest of the request that may ask for it again. */
export async function keepSecret(
  tx: Transaction,
  {
    environment,
    destination,
    made,
    request = null,
    clock,
  }: {
    environment: EnvironmentId;
    destination: DestinationId;
    made: MadeSecret;
    request?: Buffer | null;
    clock: Clock;
  },
): Promise<void> {
  const values = [
    environment,
    made.id,
    destination,
    made.kind,
    Buffer.from(made.sealed),
    made.publicKey,
    new Date(clock.now()),
    request,
  ];
  await tx.run(insertDestinationSecret, values);
}

/** The text of a symmetric secret, as the application has it. */
export async function openText(sealer: Sealer, row: SecretRow): Promise<string> {
  // Before there were several, the bytes were sealed as the destination's own.
  if (row.id.slice('sec_'.length) === row.destination_id.slice('dst_'.length)) {
    const bytes = await sealer.open({ record: row.destination_id, field: 'secret' }, row.sealed_secret);
    return `whsec_${toBase64(bytes)}`;
  }
  return textOf(await sealer.open({ record: row.id, field: 'secret' }, row.sealed_secret));
}

/** The private half of a key pair, as PKCS #8. */
export function openPrivateKey(sealer: Sealer, row: SecretRow): Promise<Uint8Array> {
  return sealer.open({ record: row.id, field: 'secret' }, row.sealed_secret);
}

/** `INVALID_REQUEST` where a secret that was given doesn't have the form of Standard Webhooks. */
export function checkStandardSecret(text: string): void {
  if (text.length > TEXT_CHARACTERS_MAX) throw refusedSecret('is too long');
  try {
    parseSecret('standard-webhooks', text);
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    throw refusedSecret('must be "whsec_" and 24 to 64 bytes in base64');
  }
}

export function refusedSecret(problem: string): Fault {
  return new Fault('INVALID_REQUEST', { fields: [{ path: 'body.secret', problem }] });
}

/** By this a repetition of a request for a rotation is recognised. */
export function requestDigest(destination: DestinationId, requestKey: string): Buffer {
  return hash('sha256', `${destination} ${requestKey}`, 'buffer');
}

export function shownSecret(row: SecretRow): SecretView {
  return {
    id: row.id,
    kind: row.kind,
    publicKey: row.public_key,
    createdAtMs: row.created_at.getTime(),
    endsAtMs: row.ends_at?.getTime() ?? null,
  };
}
