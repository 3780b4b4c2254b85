import { z } from 'zod';
import { statement } from '#store';

const none = (): null => null;

/**
 * Adds what was counted of callers of one outcome on a day. Who isn't there yet is told apart while there are fewer than
 * `$9` of that endpoint; the rest is added to `$10`, so that whoever knows an address can't fill the table.
 */
export const countEndpointCallers = statement(
  'ingest.count_endpoint_callers',
  `with incoming as (
     select * from unnest($4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[])
       as t (endpoint_id, address, webhooks, first_ms, last_ms)
   ), there as (
     select endpoint_id, count(*) as callers from endpoint_callers
     where environment_id = $1 and endpoint_id = any($4::text[]) and day = $2::date and outcome = $3
     group by endpoint_id
   ), placed as (
     select i.*, k.address is not null as is_known,
       row_number() over (partition by i.endpoint_id, k.address is null order by i.address) as place
     from incoming i left join endpoint_callers k
       on k.environment_id = $1 and k.endpoint_id = i.endpoint_id and k.day = $2::date and k.outcome = $3
         and k.address = i.address
   ), told as (
     select p.endpoint_id, webhooks, first_ms, last_ms,
       case when is_known or coalesce(callers, 0) + place <= $9 then address else $10 end collate "C" as address
     from placed p left join there using (endpoint_id)
   )
   insert into endpoint_callers (environment_id, endpoint_id, day, outcome, address, webhooks, first_at, last_at)
   select $1, endpoint_id, $2::date, $3, address, sum(webhooks), to_timestamp(min(first_ms) / 1000.0),
     to_timestamp(max(last_ms) / 1000.0)
   from told group by endpoint_id, address order by endpoint_id, address
   on conflict (environment_id, endpoint_id, day, outcome, address) do update
     set webhooks = endpoint_callers.webhooks + excluded.webhooks,
       first_at = least(endpoint_callers.first_at, excluded.first_at),
       last_at = greatest(endpoint_callers.last_at, excluded.last_at)`,
  none,
);

const caller = z.object({
  address: z.string(),
  outcome: z.enum(['verified', 'refused']),
  webhooks: z.number(),
  first_at: z.date(),
  last_at: z.date(),
});
export type CallerRow = z.output<typeof caller>;

/** Who called an endpoint since a moment, the most frequent first; with `$4` those of one outcome. */
export const selectEndpointCallers = statement(
  'ingest.select_endpoint_callers',
  `select address, outcome, sum(webhooks)::bigint as webhooks, min(first_at) as first_at, max(last_at) as last_at
   from endpoint_callers
   where environment_id = $1 and endpoint_id = $2 and last_at >= $3
     and day >= ($3::timestamptz at time zone 'utc')::date and ($4::text is null or outcome = $4)
   group by address, outcome
   order by webhooks desc, last_at desc, address limit $5`,
  (row) => caller.parse(row),
);

/** System role: days that are over for long, a bounded number of rows at a time. */
export const deleteOldEndpointCallers = statement(
  'ingest.delete_old_endpoint_callers',
  `delete from endpoint_callers where (environment_id, endpoint_id, day, outcome, address) in
     (select environment_id, endpoint_id, day, outcome, address from endpoint_callers where day < $1 limit $2)`,
  none,
);
