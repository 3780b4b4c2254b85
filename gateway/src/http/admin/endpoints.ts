import { z } from 'zod';
import { type Clock, Secret } from '#base';
import type { Ingest } from '#ingest';
import { type Route, route } from '../route.ts';
import { idParams, nameShape, pageOf, pageQuery, rangesShape } from '../shapes.ts';
import {
  endpointCountShape,
  endpointShape,
  endpointStateShape,
  settingsInput,
  shownCount,
  shownEndpoint,
  webhookSecretShape,
} from './endpoint-shapes.ts';
import { principalOf } from './environment.ts';

const DAY_MS = 86_400_000;
const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Administration of endpoints. */
export function endpointRoutes({
  ingest,
  clock,
  pageItemsMax,
}: {
  ingest: Ingest;
  clock: Clock;
  pageItemsMax: number;
}): readonly Route[] {
  const { endpoints, counts } = ingest;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/endpoints',
      surface: 'admin',
      scope: 'endpoints:read',
      summary: 'Lists the endpoints of the environment, newest first.',
      query: pageQuery(pageItemsMax, {}),
      status: 200,
      answer: pageOf(endpointShape),
      faults: refusals,
      handle: async (call) => {
        const page = await endpoints.list({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shownEndpoint), next: page.next };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/endpoints',
      surface: 'admin',
      scope: 'endpoints:write',
      summary: 'Makes an unguessable address for the webhooks of a platform.',
      body: z.strictObject({
        platform: z.string().min(1).max(40),
        name: nameShape,
        scheme: z.record(z.string(), z.unknown()).optional().meta({
          description: 'How the platform `generic` signs: docs/endpoints.md.',
        }),
        secret: webhookSecretShape.optional().meta({
          description:
            'As the platform has it, or its public key in PEM; none where nothing is signed or keys are fetched.',
        }),
        allowedAddresses: rangesShape.optional(),
        ...settingsInput,
      }),
      status: 201,
      answer: endpointShape,
      faults: [...refusals, 'PLATFORM_UNKNOWN', 'CONFLICT'],
      handle: async (call) => {
        const { secret, ...given } = call.body;
        const { environment } = principalOf(call);
        return shownEndpoint(
          await endpoints.create({ environment, ...given, secret: secretOf(secret) }, call.actor),
        );
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/endpoints/{id}',
      surface: 'admin',
      scope: 'endpoints:read',
      summary: 'Shows an endpoint.',
      params: idParams('endpoint'),
      status: 200,
      answer: endpointShape,
      faults: [...refusals, 'ENDPOINT_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shownEndpoint(await endpoints.get({ environment, endpoint: call.params.id }));
      },
    }),
    route({
      method: 'PATCH',
      path: '/admin/v1/endpoints/{id}',
      surface: 'admin',
      scope: 'endpoints:write',
      summary: 'Changes an endpoint: its state, its secret, its settings, from where it may be called.',
      params: idParams('endpoint'),
      body: z.strictObject({
        state: endpointStateShape.optional(),
        secret: webhookSecretShape.optional(),
        allowedAddresses: rangesShape.optional(),
        ...settingsInput,
        force: z.boolean().optional().meta({
          description: 'Even if the allowlist refuses somebody who was verified within the last day.',
        }),
      }),
      status: 200,
      answer: endpointShape,
      faults: [...refusals, 'ENDPOINT_NOT_FOUND', 'LOCKS_OUT_CALLER'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        const { secret, ...given } = call.body;
        const change = {
          ...target,
          ...given,
          secret: secretOf(secret),
        };
        return shownEndpoint(await endpoints.change(change, call.actor));
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/endpoints/{id}/counts',
      surface: 'admin',
      scope: 'endpoints:read',
      summary: 'Tells what became of the webhooks of an endpoint, by day, outcome and reason.',
      params: idParams('endpoint'),
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(400).default(7) }),
      status: 200,
      answer: z.strictObject({ items: z.array(endpointCountShape) }),
      faults: [...refusals, 'ENDPOINT_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        await endpoints.get(target);
        const sinceMs = clock.now() - (call.query.days - 1) * DAY_MS;
        return { items: (await counts.list({ ...target, sinceMs })).map(shownCount) };
      },
    }),
  ];
}

function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : Secret.fromText(text);
}
