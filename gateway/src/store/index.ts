export { type Batcher, type BatcherOptions, type BatchResult, createBatcher } from './batcher.ts';
export { type Changes, EVERYTHING } from './changes.ts';
export { type Embedded, removeEmbedded, startEmbedded } from './embedded/embedded.ts';
export { claim } from './embedded/ownership.ts';
export { eraseRows, erasureOf } from './erasure.ts';
export { outcomeUnknown, sqlStateOf } from './failure.ts';
export { ERASER_ROLE, erasable, isolated, RUNTIME_ROLE, SCHEMA, SYSTEM_ROLE } from './isolation.ts';
export type { HeldLock } from './lock.ts';
export { type MigrateOptions, type MigrateResult, type Migration, migrate } from './migrate.ts';
export { storeMigrations } from './migrations.ts';
export { storeErasure } from './queries.ts';
export { monthsOf, retirable } from './retirable.ts';
export {
  type Retirement,
  type RetirementPorts,
  type RowCount,
  retireMonths,
  retirementRows,
} from './retirement.ts';
export { statement } from './statement.ts';
export { createStore, type Store, type TransactionOptions } from './store.ts';
export { sweepOld } from './sweep.ts';
