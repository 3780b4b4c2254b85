export type { AddressTrial, EndpointCaller } from './callers.ts';
export type { Stored } from './commit.ts';
export type { EndpointState, Endpoints, EndpointView } from './endpoints.ts';
export type { EventTarget, EventView } from './event-view.ts';
export type { EventQuery, Events } from './events.ts';
export {
  type Arrival,
  createIngest,
  type Ingest,
  type IngestPorts,
  type Webhook,
} from './ingest.ts';
export { ingestMigrations } from './migrations.ts';
export { ingestErasure } from './queries.ts';
