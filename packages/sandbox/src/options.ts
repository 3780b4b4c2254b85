import { z } from 'zod';
import { sandboxLimits } from './limits.ts';
import type { Report } from './sandbox-event.ts';

const pem = z.string().startsWith('-----BEGIN').max(100_000);
const httpsUrl = z.url({ protocol: /^https$/ }).max(2_048);
const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** Which payload a webhook gets: the vendor's documented one, or the one seen on a live account. */
export const payloadShapeSchema = z.enum(['documented', 'observed']);
export type PayloadShape = z.output<typeof payloadShapeSchema>;

/** A webhook's secret; an HMAC under a shorter one can be guessed. */
export const webhookSecretSchema = z.string().min(16).max(256);

export const webhookSchema = z.object({
  url: httpsUrl,
  secret: webhookSecretSchema,
  shape: payloadShapeSchema.optional(),
});

/** The options that can be written as JSON; a child process reads them from a file or a message. */
export const sandboxOptionsSchema = z.strictObject({
  /** The address to listen on. */
  host: z.string().min(1).max(255).optional(),
  port: z.int().min(0).max(65_535).optional(),
  tls: z.object({ key: pem, cert: pem }),
  /** PEM trusted, in place of the system's authorities, when delivering webhooks. */
  deliveryCa: pem.optional(),
  koywe: z.strictObject({
    apiKey: z.string().min(1).max(256),
    secret: z.string().min(1).max(256),
    organizationId: identifier,
    merchantId: identifier,
    /** Registered from the start. */
    webhooks: z.array(webhookSchema).max(sandboxLimits.webhooksMax).optional(),
    /** Whether a policy permits balance transfers; without one they are refused with POL00002. */
    transferPolicy: z.boolean().optional(),
  }),
  /** Multiplies the retry schedule: 1/600 makes a minute 100 ms. */
  retryFactor: z.number().positive().max(1).optional(),
  /** Between two states of an order. */
  stepDelayMs: z.int().min(0).max(3_600_000).optional(),
  tokenLifeSeconds: z.int().min(1).max(86_400).optional(),
  /** Opens `/_sandbox/…`: faults, state, events. */
  control: z.boolean().optional(),
});

export type SandboxSettings = z.output<typeof sandboxOptionsSchema>;

export interface SandboxOptions extends SandboxSettings {
  /** Hears of every notable step. */
  readonly onEvent?: Report | undefined;
}
