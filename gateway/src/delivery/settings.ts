import { z } from 'zod';

/** How a delivery is signed: see `signing.ts`. */
export const SIGNATURES = Object.freeze([
  'standard-webhooks',
  'standard-webhooks-v1a',
  'both',
  'platform',
] as const);
export type Signature = (typeof SIGNATURES)[number];

/** What of a destination is read only when something is sent to it, as it is kept. */
export const settingsShape = z.object({
  signature: z.enum(SIGNATURES).default('standard-webhooks'),
  /** What platforms' schemes sign besides the body, where signed as the platform does. */
  parameters: z.record(z.string(), z.string()).default({}),
  /** For one attempt; the limit's when `null`. */
  timeoutMs: z.number().int().nullable().default(null),
  /** Between the attempts; the default schedule when `null`. */
  scheduleSeconds: z.array(z.number().int()).nullable().default(null),
  /** Names of the webhook's own header fields that go on, in lower case. */
  passHeaders: z.array(z.string()).default([]),
  /** Names of the fields that are sealed: the values can't be shown. */
  headerNames: z.array(z.string()).default([]),
});
export type Settings = z.output<typeof settingsShape>;

export const DEFAULT_SETTINGS: Settings = Object.freeze(settingsShape.parse({}));
