import { z } from 'zod';
import { type EndpointId, type EventId, isId } from '#base';
import { statement } from '#store';

const scannedRow = z.object({
  id: z.custom<EventId>((value) => isId('event', value)),
  endpoint_id: z.custom<EndpointId>((value) => isId('endpoint', value)).nullable(),
  platform: z.string(),
  type: z.string().nullable(),
});

/** Accepted events from one id on (`$2`, itself left out) to another (`$3`, left out), oldest first; a type ends in `.*` where it is a beginning. */
export const scanEvents = statement(
  'ingest.scan_events',
  `select id, endpoint_id, platform, type from events
   where environment_id = $1 and id > $2 and id < $3 and state = 'accepted'
     and ($5::text is null or platform = $5) and ($6::text is null or endpoint_id = $6)
     and ($7::text is null or type = $7 or (right($7, 2) = '.*' and starts_with(type, left($7, -1))))
   order by id limit $4`,
  (row) => scannedRow.parse(row),
);
