/** The notable steps of a sandbox, each one line of JSON when it runs as a child process. */
export const sandboxEventNames = Object.freeze([
  'sandbox.ready',
  'sign-in.accepted',
  'sign-in.refused',
  'secret.rotated',
  'contact.created',
  'order.created',
  'order.changed',
  'webhook.sent',
  'webhook.failed',
  'webhook.dropped',
  'fault.applied',
] as const);

export type SandboxEventName = (typeof sandboxEventNames)[number];

/** One step. It never holds a credential, a token, a person's data or a body. */
export interface SandboxEvent {
  readonly event: SandboxEventName;
  readonly url?: string;
  readonly orderId?: string;
  readonly contactId?: string;
  readonly eventId?: string;
  readonly webhookId?: string;
  /** The webhook event's type. */
  readonly type?: string;
  /** An order's status, or the HTTP status of a delivery's answer. */
  readonly status?: string | number;
  /** 1 for the first try. */
  readonly attempt?: number;
  /** A network error's code where no answer came. */
  readonly reason?: string;
  readonly fault?: string;
  readonly method?: string;
  readonly path?: string;
}

export type Report = (line: SandboxEvent) => void;
