import { z } from 'zod';
import {
  type DestinationId,
  type EndpointId,
  type EnvironmentId,
  type EventId,
  isId,
  type ReplayId,
} from '#base';
import { eraseRows, statement } from '#store';

const replayColumn = z.custom<ReplayId>((value) => isId('replay', value));
const eventColumn = z.custom<EventId>((value) => isId('event', value));
const destinationColumn = z.custom<DestinationId>((value) => isId('destination', value));
const none = (): null => null;

const queryColumn = z.object({
  fromMs: z.number().int(),
  toMs: z.number().int(),
  platform: z.string().optional(),
  type: z.string().optional(),
  endpoint: z.custom<EndpointId>((value) => isId('endpoint', value)).optional(),
  destination: destinationColumn.optional(),
  only: z.enum(['all', 'undelivered']),
});
export type KeptReplayQuery = z.output<typeof queryColumn>;

const replayRow = z.object({
  id: replayColumn,
  state: z.enum(['running', 'finished', 'canceled']),
  query: queryColumn,
  position: eventColumn.nullable(),
  looked_at: z.number().int(),
  made: z.number().int(),
  created_at: z.date(),
  changed_at: z.date(),
});
export type ReplayRow = z.output<typeof replayRow>;

const COLUMNS = 'id, state, query, position, looked_at, made, created_at, changed_at';

export const insertReplay = statement(
  'delivery.insert_replay',
  `insert into event_replays (environment_id, id, state, query, created_at, changed_at) values ($1, $2, 'running', $3, $4, $4)`,
  none,
);

const countRow = z.object({ count: z.number().int() });

export const countReplays = statement(
  'delivery.count_replays',
  `select count(*)::int as count from event_replays where environment_id = $1 and state = 'running'`,
  (row) => countRow.parse(row).count,
);

export const selectReplay = statement(
  'delivery.select_replay',
  `select ${COLUMNS} from event_replays where environment_id = $1 and id = $2`,
  (row) => replayRow.parse(row),
);

export const lockReplay = statement(
  'delivery.lock_replay',
  `select ${COLUMNS} from event_replays where environment_id = $1 and id = $2 for update`,
  (row) => replayRow.parse(row),
);

export const selectReplays = statement(
  'delivery.select_replays',
  `select ${COLUMNS} from event_replays where environment_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
  (row) => replayRow.parse(row),
);

export const updateReplay = statement(
  'delivery.update_replay',
  `update event_replays set state = $3, position = $4, looked_at = looked_at + $5, made = made + $6, changed_at = $7
   where environment_id = $1 and id = $2`,
  none,
);

const runningRow = z.object({
  environment_id: z.custom<EnvironmentId>((value) => isId('environment', value)),
  id: replayColumn,
});

/** System role: replays that are not over, of environments that are not frozen. */
export const selectRunningReplays = statement(
  'delivery.select_running_replays',
  `select r.environment_id, r.id from event_replays r
   where r.state = 'running' and not exists (select from frozen_environments f where f.environment_id = r.environment_id)
   order by random() limit $1`,
  (row) => runningRow.parse(row),
);

const pairRow = z.object({ event_id: eventColumn, destination_id: destinationColumn });

/** Which of these events a destination has or is about to get. */
export const selectDelivered = statement(
  'delivery.select_delivered',
  `select distinct event_id, destination_id from deliveries
   where environment_id = $1 and event_id = any($2::text[]) and state <> 'dead'`,
  (row) => pairRow.parse(row),
);

export const eraseReplays = statement('delivery.erase_replays', eraseRows('event_replays', ['id']), none);
