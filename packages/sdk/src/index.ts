export type { Answer } from './answer.ts';
export { createSallyport, type Sallyport, type SallyportOptions } from './create-sallyport.ts';
export type { CallRequest } from './request.ts';
export { SallyportError, SDK_CODES, type SdkCode } from './sallyport-error.ts';
export type { Signing } from './signing.ts';
export { type Delivery, type DeliveryInput, verifyDelivery } from './verify-delivery.ts';
