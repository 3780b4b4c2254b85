export type { Stored } from './commit.ts';
export type { Endpoints, EndpointState, EndpointView } from './endpoints.ts';
export { createIngest, type EventView, type Ingest, type IngestPorts, type Webhook } from './ingest.ts';
export { ingestMigrations } from './migrations.ts';
