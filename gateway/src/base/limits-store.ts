import { row } from './limit-row.ts';

/** The limits of the store, a part of the table of limits. */
export const STORE_LIMITS = Object.freeze({
  poolConnectionsMax: row(10, 2, 200, 'connections to Postgres of one node'),
  databaseSilentMs: row(
    4_000,
    1_000,
    60_000,
    'Postgres answers nothing, not even what costs nothing; then whoever waits for it is refused',
  ),
  statementTimeoutMs: row(10_000, 100, 300_000, 'one statement'),
  lockTimeoutMs: row(5_000, 100, 60_000, 'waiting for a lock'),
  poolWaitTimeoutMs: row(5_000, 100, 60_000, 'waiting for a connection to Postgres'),
  pageItemsMax: row(200, 1, 1_000, 'objects of one page of a list'),
});
