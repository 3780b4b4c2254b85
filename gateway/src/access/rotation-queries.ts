import { z } from 'zod';
import { type Id, isId } from '#base';
import { statement } from '#store';

const none = (): null => null;

const answer = z.object({
  secret_id: z.custom<Id<'secret'>>((value) => isId('secret', value)),
  sealed_answer: z.instanceof(Uint8Array),
  retires_at: z.date().nullable(),
});

/** Takes the place of one whose time is over. */
export const insertAnswer = statement(
  'access.insert_answer',
  `insert into rotation_answers (environment_id, key_id, request_digest, secret_id, sealed_answer, expires_at)
   values ($1, $2, $3, $4, $5, $6)
   on conflict (environment_id, key_id, request_digest) do update
     set secret_id = excluded.secret_id, sealed_answer = excluded.sealed_answer, expires_at = excluded.expires_at`,
  none,
);

/** The answer that was given to a request, with when the secrets before it end; none once its own secret has ended. */
export const selectAnswer = statement(
  'access.select_answer',
  `select a.secret_id, a.sealed_answer,
     (select max(o.retires_at) from key_secrets o where o.environment_id = $1 and o.key_id = $2 and o.id <> a.secret_id)
       as retires_at
   from rotation_answers a
   join key_secrets s on s.environment_id = a.environment_id and s.id = a.secret_id and s.retired_at is null
   where a.environment_id = $1 and a.key_id = $2 and a.request_digest = $3 and a.expires_at > $4`,
  (row) => answer.parse(row),
);

/** System role: answers whose time is over, a bounded number at a time. */
export const deleteOldAnswers = statement(
  'access.delete_old_answers',
  `delete from rotation_answers where (environment_id, key_id, request_digest) in
     (select environment_id, key_id, request_digest from rotation_answers where expires_at < $1 limit $2)`,
  none,
);
