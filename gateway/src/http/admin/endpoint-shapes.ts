import { z } from 'zod';
import { isoTime } from '#base';
import {
  type EndpointCount,
  type EndpointSecretView,
  type EndpointView,
  endpointSettingFields,
  OUTCOMES,
} from '#ingest';
import { idShape, nameShape, rangesShape, timeOrNull, timeShape } from '../shapes.ts';

export const endpointStateShape = z.enum(['active', 'paused']);

/** Settings as they are sent: each can be left out, and keeps its value then. */
export const settingsInput = z.object(endpointSettingFields).partial().shape;

export const endpointShape = z
  .strictObject({
    id: idShape('endpoint'),
    platform: z.string(),
    scheme: z
      .unknown()
      .meta({ description: 'How a generic platform signs; null where the platform says it.' }),
    name: nameShape,
    state: endpointStateShape,
    allowedAddresses: rangesShape,
    path: z.string().meta({ description: 'Where the platform sends its webhooks.' }),
    createdAt: timeShape,
    ...endpointSettingFields,
    keepHeaders: z.array(z.string()),
  })
  .meta({ id: 'Endpoint' });

export const endpointSecretShape = z
  .strictObject({
    id: idShape('secret'),
    createdAt: timeShape,
    endsAt: timeShape.nullable().meta({ description: 'When it ends, once another has taken its place.' }),
    uses: z.number().int().meta({ description: 'Webhooks that it verified, as far as nodes have told.' }),
    lastUsedAt: timeShape.nullable(),
  })
  .meta({ id: 'EndpointSecret' });

export const endpointCountShape = z
  .strictObject({
    day: z.iso.date().meta({ description: 'In UTC.' }),
    outcome: z.enum(OUTCOMES),
    reason: z.string().nullable().meta({ description: 'Why it was refused or is held.' }),
    webhooks: z.number().int(),
    lastAt: timeShape,
  })
  .meta({ id: 'EndpointCount' });

/** The secret of a webhook as the platform has it, or the public key that it signs with. */
export const webhookSecretShape = z.string().min(16).max(8_192).meta({
  description: "The webhook's secret, as the platform has it, or its public key in PEM. Stored sealed.",
});

export function shownEndpoint(endpoint: EndpointView): z.input<typeof endpointShape> {
  const { createdAtMs, allowedAddresses, ...rest } = endpoint;
  return {
    ...rest,
    allowedAddresses: [...allowedAddresses],
    path: `/in/${endpoint.id}`,
    createdAt: isoTime(createdAtMs),
  };
}

export function shownSecret(secret: EndpointSecretView): z.input<typeof endpointSecretShape> {
  const { id, createdAtMs, endsAtMs, uses, lastUsedAtMs } = secret;
  const createdAt = isoTime(createdAtMs);
  return { id, createdAt, endsAt: timeOrNull(endsAtMs), uses, lastUsedAt: timeOrNull(lastUsedAtMs) };
}

export function shownCount({ lastAtMs, ...count }: EndpointCount): z.input<typeof endpointCountShape> {
  return { ...count, lastAt: isoTime(lastAtMs) };
}
