export type { Answer } from './answer.ts';
export {
  createSallyport,
  type GatewayOptions,
  type KeyOptions,
  type Sallyport,
  type SallyportOptions,
  type SigningOptions,
} from './create-sallyport.ts';
export type {
  Acknowledgement,
  Events,
  OwnEvent,
  Pulled,
  PulledEvent,
  PullOptions,
  SendOptions,
  Sent,
} from './events.ts';
export type { CallRequest } from './request.ts';
export { SallyportError, SDK_CODES, type SdkCode } from './sallyport-error.ts';
export type { Signing } from './signing.ts';
export { type Delivery, type DeliveryInput, verifyDelivery } from './verify-delivery.ts';
