export type {
  AttemptView,
  Deliveries,
  DeliveryQuery,
  DeliveryState,
  DeliveryView,
} from './deliveries.ts';
export { createDelivery, type Delivery, type DeliveryPorts } from './delivery.ts';
export type { DestinationKind, DestinationState, DestinationView } from './destination-view.ts';
export type { Destinations } from './destinations.ts';
export { filterShape, orderByShape } from './filter.ts';
export { deliveryMigrations } from './migrations.ts';
export type { Pinged } from './ping.ts';
export type { Acknowledgement, Pull, PulledBatch, PulledEvent, Puller, PullRequest } from './pull.ts';
export { deliveryErasure } from './queries.ts';
export type { ReplayQuery, ReplayTrial, ReplayView } from './replays.ts';
export type { SecretView } from './secrets.ts';
export { SIGNATURES } from './settings.ts';
