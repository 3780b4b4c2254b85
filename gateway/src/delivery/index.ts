export {
  createDelivery,
  type Delivery,
  type DeliveryPorts,
  type DeliveryQuery,
  type DeliveryState,
  type DeliveryView,
} from './delivery.ts';
export type { DestinationKind, DestinationState, DestinationView } from './destination-view.ts';
export type { Destinations } from './destinations.ts';
export { filterShape, orderByShape } from './filter.ts';
export { deliveryMigrations } from './migrations.ts';
export type { Acknowledgement, Pull, PulledBatch, PulledEvent, Puller, PullRequest } from './pull.ts';
export { deliveryErasure } from './queries.ts';
export { SIGNATURES } from './settings.ts';
