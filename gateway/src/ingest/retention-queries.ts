import { z } from 'zod';
import { type EnvironmentId, isId } from '#base';
import { monthsOf, type RowCount, retirementRows, statement } from '#store';

const countRow = z.object({
  environment_id: z.custom<EnvironmentId>((value) => isId('environment', value)),
  rows: z.number(),
});
const pagesRow = z.object({ pages: z.number() });

export const selectMonths = statement('ingest.select_months', monthsOf('events'), retirementRows.month);

/** System role: how many events of which environment lie between two ids. */
export const countEvents = statement(
  'ingest.count_events',
  `select environment_id, count(*)::float8 as rows from events where id >= $1 and id < $2 group by environment_id`,
  (row): RowCount => {
    const { environment_id: environment, rows } = countRow.parse(row);
    return { environment, rows };
  },
);

export const detachMonth = statement(
  'ingest.detach_month',
  'select detach_events_month($1, $2, $3) as outcome',
  retirementRows.detach,
);

export const dropMonth = statement(
  'ingest.drop_month',
  'select drop_events_month($1) as dropped',
  retirementRows.drop,
);

/** How many pages the table of duplicate keys has. */
export const countKeyPages = statement(
  'ingest.count_key_pages',
  `select (pg_relation_size('event_keys') / current_setting('block_size')::int)::float8 as pages`,
  (row) => pagesRow.parse(row).pages,
);

/**
 * System role: deletes the duplicate keys of events below an id (`$3`) from the pages `$1` to `$2`. By pages, since an
 * index by event would have to be written for every event, for the sake of a deletion once a month.
 */
export const deleteKeysBelow = statement(
  'ingest.delete_keys_below',
  `delete from event_keys where ctid >= ('(' || $1::bigint || ',0)')::tid and ctid < ('(' || $2::bigint || ',0)')::tid
     and event_id < $3`,
  (): null => null,
);
