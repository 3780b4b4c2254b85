export { type Batcher, type BatcherOptions, type BatchResult, createBatcher } from './batcher.ts';
export { type Embedded, removeEmbedded, startEmbedded } from './embedded/embedded.ts';
export { outcomeUnknown, sqlStateOf } from './failure.ts';
export { isolated, RUNTIME_ROLE, SCHEMA, SYSTEM_ROLE } from './isolation.ts';
export type { HeldLock } from './lock.ts';
export { type MigrateOptions, type MigrateResult, type Migration, migrate } from './migrate.ts';
export { storeMigrations } from './migrations.ts';
export { statement } from './statement.ts';
export { createStore, type Store, type TransactionOptions } from './store.ts';
