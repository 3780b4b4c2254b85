import { z } from 'zod';
import { type EnvironmentId, isId } from '#base';
import { monthsOf, type RowCount, retirementRows, statement } from '#store';

const countRow = z.object({
  environment_id: z.custom<EnvironmentId>((value) => isId('environment', value)),
  rows: z.number(),
  undelivered: z.number(),
});

function countOf(row: unknown): RowCount {
  const { environment_id: environment, rows, undelivered } = countRow.parse(row);
  return { environment, rows, undelivered };
}

export const selectDeliveryMonths = statement(
  'delivery.select_delivery_months',
  monthsOf('deliveries'),
  retirementRows.month,
);
export const selectAttemptMonths = statement(
  'delivery.select_attempt_months',
  monthsOf('attempts'),
  retirementRows.month,
);

/** System role: how many deliveries of which environment lie between two ids, and how many of them are not over. */
export const countDeliveries = statement(
  'delivery.count_deliveries',
  `select environment_id, count(*)::float8 as rows, (count(*) filter (where state in ('due', 'waiting')))::float8 as undelivered
   from deliveries where id >= $1 and id < $2 group by environment_id`,
  countOf,
);

/** System role: how many attempts of which environment lie between two ids. */
export const countAttempts = statement(
  'delivery.count_attempts',
  `select environment_id, count(*)::float8 as rows, 0::float8 as undelivered
   from attempts where id >= $1 and id < $2 group by environment_id`,
  countOf,
);

/** System role: how many deliveries below an id are not over, by environment; each state by its own index. */
export const countDueBelow = statement(
  'delivery.count_due_below',
  `select environment_id, count(*)::float8 as rows, count(*)::float8 as undelivered
   from (
     select environment_id from deliveries where state = 'due' and id < $1
     union all select environment_id from deliveries where state = 'waiting' and order_key is not null and id < $1
   ) d group by environment_id`,
  countOf,
);

export const detachDeliveries = statement(
  'delivery.detach_deliveries',
  'select detach_deliveries_month($1, $2, $3) as outcome',
  retirementRows.detach,
);
export const dropDeliveries = statement(
  'delivery.drop_deliveries',
  'select drop_deliveries_month($1) as dropped',
  retirementRows.drop,
);
export const detachAttempts = statement(
  'delivery.detach_attempts',
  'select detach_attempts_month($1, $2, $3) as outcome',
  retirementRows.detach,
);
export const dropAttempts = statement(
  'delivery.drop_attempts',
  'select drop_attempts_month($1) as dropped',
  retirementRows.drop,
);
