import { z } from 'zod';
import { eraseRows, statement } from '#store';

const none = (): null => null;

/** Adds what was counted; rows come in one order on every node, so that none waits for another in a circle. */
export const addEndpointCount = statement(
  'ingest.add_endpoint_count',
  `insert into endpoint_counts (environment_id, endpoint_id, day, outcome, reason, webhooks, last_at)
   select $1, endpoint_id, day, outcome, reason, webhooks, to_timestamp(last_ms / 1000.0)
   from unnest($2::text[], $3::date[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
     as t (endpoint_id, day, outcome, reason, webhooks, last_ms)
   order by endpoint_id, day, outcome, reason
   on conflict (environment_id, endpoint_id, day, outcome, reason) do update
     set webhooks = endpoint_counts.webhooks + excluded.webhooks,
       last_at = greatest(endpoint_counts.last_at, excluded.last_at)`,
  none,
);

const countRow = z.object({
  day: z.string(),
  outcome: z.enum(['accepted', 'duplicate', 'filtered', 'quarantined', 'unconfirmed', 'refused']),
  reason: z.string(),
  webhooks: z.number(),
  last_at: z.date(),
});

export const selectEndpointCounts = statement(
  'ingest.select_endpoint_counts',
  `select day::text as day, outcome, reason, webhooks, last_at from endpoint_counts
   where environment_id = $1 and endpoint_id = $2 and day >= $3::date
   order by day desc, outcome, reason limit $4`,
  (row) => countRow.parse(row),
);

/** System role: days that are over for long, a bounded number of rows at a time. */
export const deleteOldEndpointCounts = statement(
  'ingest.delete_old_endpoint_counts',
  `delete from endpoint_counts where (environment_id, endpoint_id, day, outcome, reason) in
     (select environment_id, endpoint_id, day, outcome, reason from endpoint_counts where day < $1 limit $2)`,
  none,
);

export const eraseEndpointCounts = statement(
  'ingest.erase_endpoint_counts',
  eraseRows('endpoint_counts', ['endpoint_id', 'day', 'outcome', 'reason']),
  none,
);
