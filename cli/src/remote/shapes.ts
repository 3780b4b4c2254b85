import { z } from 'zod';

/** Answers of the administration surface, as far as a command shows them; what else they hold passes on with `--json`. */

const text = z
  .string()
  .nullable()
  .transform((value) => value ?? '–');

export const keyShape = z.looseObject({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
  scopes: z.array(z.string()),
  boundTo: z.looseObject({ kind: z.string(), id: z.string() }).nullable(),
  expiresAt: z.string().nullable(),
  allowedAddresses: z.array(z.string()),
  allowedOrigins: z.array(z.string()),
  requestsPerMinute: z.number().nullable(),
  signedOnly: z.boolean(),
  owner: text,
  note: text,
  uses: z.number(),
  lastUse: z.looseObject({ at: z.string(), address: z.string(), agent: z.string() }).nullable(),
});
export const newKeyShape = z.looseObject({ key: keyShape, secret: z.string() });
export const shownKeyShape = z.looseObject({
  key: keyShape,
  secrets: z.array(z.looseObject({ id: z.string(), createdAt: z.string(), retiresAt: text })),
});
export const rotatedShape = z.looseObject({
  id: z.string(),
  secret: z.string(),
  previousRetireAt: z.string(),
});
export const callerShape = z.looseObject({
  credential: z.string(),
  address: z.string(),
  agent: z.string(),
  uses: z.number(),
  firstUsedAt: z.string(),
  lastUsedAt: z.string(),
});
export const callersShape = z.looseObject({ items: z.array(callerShape) });
export const trialShape = z.looseObject({ passing: z.number(), refused: z.array(callerShape) });
const signerShape = z.looseObject({
  id: z.string(),
  scheme: z.string(),
  algorithm: z.string(),
  createdAt: z.string(),
});
export const signersShape = z.looseObject({ items: z.array(signerShape) });
export const newSignerShape = z.looseObject({ signer: signerShape, secret: z.string().nullable() });
export const connectionShape = z.looseObject({
  id: z.string(),
  platform: z.string(),
  name: z.string(),
  baseUrl: z.string(),
  requestChecks: z.string(),
  prefix: z.string(),
  createdAt: z.string(),
  changedAt: z.string(),
});
export const checkShape = z.looseObject({
  ok: z.boolean(),
  reason: z.string().nullable(),
  latencyMs: z.number(),
});
export const endpointShape = z.looseObject({
  id: z.string(),
  platform: z.string(),
  name: z.string(),
  state: z.string(),
  allowedAddresses: z.array(z.string()),
  path: z.string(),
  createdAt: z.string(),
});
export const endpointSecretShape = z.looseObject({
  id: z.string(),
  createdAt: z.string(),
  endsAt: text,
  uses: z.number(),
  lastUsedAt: text,
});
export const endpointSecretsShape = z.looseObject({ items: z.array(endpointSecretShape) });
export const endpointCountsShape = z.looseObject({
  items: z.array(
    z.looseObject({
      day: z.string(),
      outcome: z.string(),
      reason: text,
      webhooks: z.number(),
      lastAt: z.string(),
    }),
  ),
});
const endpointCallerShape = z.looseObject({
  address: z.string(),
  outcome: z.string(),
  webhooks: z.number(),
  firstAt: z.string(),
  lastAt: z.string(),
});
export type EndpointCaller = z.output<typeof endpointCallerShape>;
export const endpointCallersShape = z.looseObject({ items: z.array(endpointCallerShape) });
export const addressTrialShape = z.looseObject({
  passing: z.number(),
  refused: z.looseObject({
    verified: z.array(endpointCallerShape),
    unverified: z.array(endpointCallerShape),
  }),
});
const orNull = z.string().nullable();
const destinationSecretShape = z.looseObject({
  id: z.string(),
  kind: z.string(),
  publicKey: orNull,
  endsAt: orNull,
});
export const destinationShape = z.looseObject({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  url: text,
  state: z.string(),
  filter: z.looseObject({}),
  orderBy: z.unknown(),
  signature: z.string(),
  timeoutMs: z.number().nullable(),
  concurrency: z.number().nullable(),
  ratePerSecond: z.number().nullable(),
  scheduleSeconds: z.array(z.number()).nullable(),
  secrets: z.array(destinationSecretShape),
  pausedReason: orNull,
  failingSince: orNull,
  nextProbeAt: orNull,
  createdAt: z.string(),
});
export const newDestinationShape = z.looseObject({ destination: destinationShape, secret: orNull });
export const rotatedDestinationShape = z.looseObject({
  secret: orNull,
  secrets: z.array(destinationSecretShape),
  previousEndAt: z.string(),
});
export const pingShape = z.looseObject({
  event: z.string(),
  ok: z.boolean(),
  status: z.number().nullable(),
  reason: text,
  durationMs: z.number(),
  address: text,
  answerStart: text,
});
export const eventShape = z.looseObject({
  id: z.string(),
  endpoint: text,
  platform: z.string(),
  type: text,
  state: z.string(),
  reason: text,
  detail: text,
  platformEvent: text,
  receivedAt: z.string(),
  bytes: z.number(),
  digest: z.string(),
});
export const revealShape = z.looseObject({ id: z.string(), contentType: z.string(), body: z.base64() });
export const deliveryShape = z.looseObject({
  id: z.string(),
  event: z.string(),
  destination: z.string(),
  state: z.string(),
  attempts: z.number(),
  nextAttemptAt: text,
  lastStatus: z.number().nullable(),
  lastReason: text,
  changedAt: z.string(),
});
export const deliveryWithAttemptsShape = deliveryShape.extend({
  tries: z.array(
    z.looseObject({
      number: z.number(),
      startedAt: z.string(),
      durationMs: z.number(),
      status: z.number().nullable(),
      reason: orNull,
      address: orNull,
      answerStart: orNull,
    }),
  ),
});
export const manyReplayShape = z.looseObject({
  id: z.string(),
  state: z.string(),
  events: z.number(),
  deliveries: z.number(),
  createdAt: z.string(),
});
export const replayTrialShape = z.looseObject({
  events: z.number(),
  deliveries: z.number(),
  complete: z.boolean(),
  sample: z.array(z.looseObject({ event: z.string(), destination: z.string() })),
});
export const replayShape = z.looseObject({ deliveries: z.array(z.string()) });
export const entryShape = z.looseObject({
  index: z.number().nullable(),
  entry: z.looseObject({
    id: z.string(),
    time: z.string(),
    action: z.string(),
    actor: z.looseObject({ kind: z.string(), id: z.string().nullable() }),
    resource: text,
    outcome: z.string(),
  }),
});
export const checkpointShape = z.looseObject({ checkpoint: z.string().nullable(), verifierKey: z.string() });

/** One page of a list. */
export function pageShape<Item extends z.ZodType>(item: Item) {
  return z.looseObject({ items: z.array(item), next: z.union([z.string(), z.number()]).nullable() });
}
