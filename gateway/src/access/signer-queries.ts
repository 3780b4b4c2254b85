import { REQUEST_SCHEMES, type RequestSchemeName } from '@sallyport/schemes';
import { z } from 'zod';
import { type EnvironmentId, isId, type SignerId } from '#base';
import { statement } from '#store';

const none = (): null => null;

const signerRow = z.object({
  id: z.custom<SignerId>((value) => isId('signer', value)),
  scheme: z.custom<RequestSchemeName>((value) => typeof value === 'string' && value in REQUEST_SCHEMES),
  algorithm: z.enum(['hmac-sha256', 'ed25519', 'ml-dsa-65']),
  sealed_secret: z.instanceof(Uint8Array).nullable(),
  public_key: z.string().nullable(),
  created_at: z.date(),
});

export type SignerRow = z.output<typeof signerRow>;

export const insertSigner = statement(
  'access.insert_signer',
  `insert into key_signers (environment_id, id, key_id, scheme, algorithm, sealed_secret, public_key, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
  none,
);

/** The signers of a key that are in force, newest first. */
export const selectSigners = statement(
  'access.select_signers',
  `select id, scheme, algorithm, sealed_secret, public_key, created_at from key_signers
   where environment_id = $1 and key_id = $2 and retired_at is null order by created_at desc, id desc`,
  (row) => signerRow.parse(row),
);

export const retireSigner = statement(
  'access.retire_signer',
  `update key_signers set retired_at = $4
   where environment_id = $1 and key_id = $2 and id = $3 and retired_at is null`,
  none,
);

const seen = z.object({
  environment_id: z.custom<EnvironmentId>((value) => isId('environment', value)),
  digest: z.instanceof(Uint8Array),
});

/** System role: remembers many at once. Gives back those that were not remembered before. */
export const rememberSignatures = statement(
  'access.remember_signatures',
  `insert into seen_signatures (environment_id, digest, expires_at)
   select * from unnest($1::text[], $2::bytea[], $3::timestamptz[])
   on conflict (environment_id, digest) do nothing returning environment_id, digest`,
  (row) => seen.parse(row),
);

/** System role: signatures whose time is over, a bounded number at a time. */
export const deleteOldSignatures = statement(
  'access.delete_old_signatures',
  `delete from seen_signatures where (environment_id, digest) in
     (select environment_id, digest from seen_signatures where expires_at < $1 limit $2)`,
  none,
);
