export {
  createDelivery,
  type Delivery,
  type DeliveryPorts,
  type DeliveryQuery,
  type DeliveryState,
  type DeliveryView,
} from './delivery.ts';
export type { DestinationState, Destinations, DestinationView } from './destinations.ts';
export { deliveryMigrations } from './migrations.ts';
export type { Acknowledgement, Pull, PulledBatch, PulledEvent, Puller, PullRequest } from './pull.ts';
export { deliveryErasure } from './queries.ts';
