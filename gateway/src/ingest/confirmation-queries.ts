import { z } from 'zod';
import { type EndpointId, type EnvironmentId, type EventId, isId } from '#base';
import { eraseRows, statement } from '#store';

const none = (): null => null;
const claimRow = z.object({
  environment_id: z.custom<EnvironmentId>((value) => isId('environment', value)),
  event_id: z.custom<EventId>((value) => isId('event', value)),
  endpoint_id: z.custom<EndpointId>((value) => isId('endpoint', value)),
  attempts: z.number().int(),
  denials: z.number().int(),
  since: z.date(),
});
export type ConfirmationRow = z.output<typeof claimRow>;

/** In the transaction that stores the events. */
export const insertConfirmations = statement(
  'ingest.insert_confirmations',
  `insert into event_confirmations (environment_id, event_id, endpoint_id, since, next_attempt_at)
   select $1, event_id, endpoint_id, $4, $4 from unnest($2::text[], $3::text[]) as t (event_id, endpoint_id)
   on conflict do nothing`,
  none,
);

/** System role: one list for all environments. What is claimed is nobody else's until `$2`; those of frozen ones wait. */
export const claimConfirmations = statement(
  'ingest.claim_confirmations',
  `update event_confirmations c set next_attempt_at = $2, attempts = c.attempts + 1
   from (
     select environment_id, event_id from event_confirmations t
     where next_attempt_at <= $1 and not (endpoint_id = any($4::text[]))
       and not exists (select from frozen_environments f where f.environment_id = t.environment_id)
     order by next_attempt_at limit $3 for update of t skip locked
   ) due
   where c.environment_id = due.environment_id and c.event_id = due.event_id
   returning c.environment_id, c.event_id, c.endpoint_id, c.attempts, c.denials, c.since`,
  (row) => claimRow.parse(row),
);

export const postponeConfirmation = statement(
  'ingest.postpone_confirmation',
  `update event_confirmations set next_attempt_at = $3, last_reason = $4, denials = denials + $5 where environment_id = $1 and event_id = $2`,
  none,
);

export const deleteConfirmation = statement(
  'ingest.delete_confirmation',
  `delete from event_confirmations where environment_id = $1 and event_id = $2`,
  none,
);

/** How many events of an endpoint wait, up to a number. */
export const countConfirmations = statement(
  'ingest.count_confirmations',
  `select count(*)::int as waiting from
     (select from event_confirmations where environment_id = $1 and endpoint_id = $2 limit $3) listed`,
  (row) => z.object({ waiting: z.number() }).parse(row).waiting,
);

/** What tells a confirmed event from another that nobody signed; touches no row when there is such an event. */
export const insertConfirmedKey = statement(
  'ingest.insert_confirmed_key',
  `insert into event_keys (environment_id, endpoint_id, key, event_id) values ($1, $2, $3, $4) on conflict do nothing`,
  none,
);

export const eraseConfirmations = statement(
  'ingest.erase_event_confirmations',
  eraseRows('event_confirmations', ['event_id']),
  none,
);
