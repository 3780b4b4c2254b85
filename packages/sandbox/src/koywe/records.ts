import type { WebhookFault } from '../faults.ts';
import type { PayloadShape } from '../options.ts';
import type { EventContent } from './payload.ts';

/** Statuses of an order: https://docs.koywe.com/payments/core-concepts/orders (those that the sandbox reaches). */
export type OrderStatus = 'PENDING' | 'PROCESSING' | 'PAID' | 'COMPLETED' | 'FAILED';

/** An order as the platform shows it. Amounts are plain numbers in major units. */
export interface Order {
  readonly id: string;
  readonly type: string;
  readonly status: OrderStatus;
  readonly amountIn: number;
  readonly amountOut: number;
  readonly originCurrencySymbol: string;
  readonly destinationCurrencySymbol: string;
  readonly externalId?: string | undefined;
  readonly createdAt: string;
  readonly [field: string]: unknown;
}

export interface Contact {
  readonly id: string;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly createdAt: string;
  readonly [field: string]: unknown;
}

export interface Quote {
  readonly id: string;
  readonly type: string;
  readonly originCurrencySymbol: string;
  readonly destinationCurrencySymbol: string;
  readonly amountIn: number;
  readonly amountOut: number;
  readonly exchangeRate: number;
  readonly expiresAt: string;
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  /** Write-only: never shown again. */
  secret: Uint8Array;
  readonly shape: PayloadShape;
  status: 'ACTIVE' | 'PAUSED' | 'DELETED';
  readonly createdAt: string;
}

/** One event on its way to one webhook. */
export interface Delivery {
  readonly webhookId: string;
  deliveryStatus: 'PENDING' | 'RETRYING' | 'DELIVERED' | 'FAILED';
  retryCount: number;
  lastRetryAt: string | null;
  lastStatusCode: number | null;
  lastRespondedAt: string | null;
  /** The bytes that every attempt sends. */
  readonly body: Uint8Array;
  readonly fault: WebhookFault | undefined;
}

export interface PlatformEvent extends EventContent {
  readonly merchantId: string;
  readonly createdAt: string;
  readonly deliveries: Map<string, Delivery>;
}

/** A request as it arrived, in the state that tests read; names and values of headers are the sender's own text. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly rawHeaders: readonly string[];
}
