export { type Audit, type AuditPorts, createAudit, type EntryPage, type EntryQuery } from './audit.ts';
export { auditMigrations } from './migrations.ts';
export { auditErasure } from './queries.ts';
export { type CheckpointSink, fileCheckpointSink } from './sinks.ts';
