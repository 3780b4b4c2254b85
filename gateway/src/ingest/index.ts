export type { AddressTrial, EndpointCaller } from './callers.ts';
export type { Stored } from './commit.ts';
export type { EndpointState, Endpoints, EndpointView } from './endpoints.ts';
export {
  type Arrival,
  createIngest,
  type EventView,
  type Ingest,
  type IngestPorts,
  type Webhook,
} from './ingest.ts';
export { ingestMigrations } from './migrations.ts';
export { OWN_PLATFORM, type OwnEvent, type OwnEvents } from './own-events.ts';
export { ingestErasure } from './queries.ts';
