import { z } from 'zod';
import { statement } from '#store';

const none = (): null => null;

/** Adds what was counted of one caller of a secret on a day. */
export const countCaller = statement(
  'access.count_caller',
  `insert into key_callers (environment_id, key_id, credential_id, day, address, agent, uses, first_used_at, last_used_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
   on conflict (environment_id, key_id, credential_id, day, address, agent) do update
     set uses = key_callers.uses + excluded.uses,
       last_used_at = greatest(key_callers.last_used_at, excluded.last_used_at)`,
  none,
);

/** Adds to the count of a key; the latest use counts, whichever node tells of it last. */
export const countKey = statement(
  'access.count_key',
  `update api_keys set uses = uses + $3,
     last_address = case when last_used_at is null or last_used_at <= $4 then $5 else last_address end,
     last_agent = case when last_used_at is null or last_used_at <= $4 then $6 else last_agent end,
     last_used_at = greatest(last_used_at, $4)
   where environment_id = $1 and id = $2`,
  none,
);

const caller = z.object({
  credential_id: z.string(),
  address: z.string(),
  agent: z.string(),
  uses: z.number(),
  first_used_at: z.date(),
  last_used_at: z.date(),
});

export type CallerRow = z.output<typeof caller>;

/** Who used a key since a moment, the most frequent first. */
export const selectCallers = statement(
  'access.select_callers',
  `select credential_id, address, agent, sum(uses)::bigint as uses, min(first_used_at) as first_used_at,
     max(last_used_at) as last_used_at
   from key_callers
   where environment_id = $1 and key_id = $2 and last_used_at >= $3 and day >= ($3::timestamptz at time zone 'utc')::date
     and ($4::text is null or credential_id = $4)
   group by credential_id, address, agent
   order by uses desc, last_used_at desc limit $5`,
  (row) => caller.parse(row),
);

const administrator = z.object({ address: z.string(), uses: z.number() });

/** System role: from where keys that administer were used since a moment, the most frequent first. */
export const selectAdministrators = statement(
  'access.select_administrators',
  `select c.address, sum(c.uses)::bigint as uses
   from key_callers c join api_keys k on k.environment_id = c.environment_id and k.id = c.key_id
   where k.kind = 'admin' and c.last_used_at >= $1 and c.day >= ($1::timestamptz at time zone 'utc')::date
   group by c.address order by uses desc, c.address limit $2`,
  (row) => administrator.parse(row),
);

/** System role: days that are over for long, a bounded number of rows at a time. */
export const deleteOldCallers = statement(
  'access.delete_old_callers',
  `delete from key_callers where (environment_id, key_id, credential_id, day, address, agent) in
     (select environment_id, key_id, credential_id, day, address, agent from key_callers where day < $1 limit $2)`,
  none,
);
