import { z } from 'zod';
import { isoTime, Secret } from '#base';
import type { EndpointView, Ingest } from '#ingest';
import { type Route, route } from '../route.ts';
import { idParams, idShape, nameShape, pageOf, pageQuery, rangesShape, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const stateShape = z.enum(['active', 'paused']);
const endpointShape = z
  .strictObject({
    id: idShape('endpoint'),
    platform: z.string(),
    name: nameShape,
    state: stateShape,
    allowedAddresses: rangesShape,
    path: z.string().meta({ description: 'Where the platform sends its webhooks.' }),
    createdAt: timeShape,
  })
  .meta({ id: 'Endpoint' });

const secretShape = z
  .string()
  .min(16)
  .max(512)
  .meta({ description: "The webhook's secret, as the platform has it. Stored sealed." });
const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Administration of endpoints. */
export function endpointRoutes({
  ingest,
  pageItemsMax,
}: {
  ingest: Ingest;
  pageItemsMax: number;
}): readonly Route[] {
  const { endpoints } = ingest;
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
        return { items: page.items.map(shown), next: page.next };
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
        secret: secretShape,
        allowedAddresses: rangesShape.optional(),
      }),
      status: 201,
      answer: endpointShape,
      faults: [...refusals, 'PLATFORM_UNKNOWN', 'CONFLICT'],
      handle: async (call) => {
        const { secret, ...given } = call.body;
        const { environment } = principalOf(call);
        return shown(
          await endpoints.create({ environment, ...given, secret: Secret.fromText(secret) }, call.actor),
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
        return shown(await endpoints.get({ environment, endpoint: call.params.id }));
      },
    }),
    route({
      method: 'PATCH',
      path: '/admin/v1/endpoints/{id}',
      surface: 'admin',
      scope: 'endpoints:write',
      summary: 'Pauses or resumes an endpoint, replaces its secret, says from where it may be called.',
      params: idParams('endpoint'),
      body: z.strictObject({
        state: stateShape.optional(),
        secret: secretShape.optional(),
        allowedAddresses: rangesShape.optional(),
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
          secret: secret === undefined ? secret : Secret.fromText(secret),
        };
        return shown(await endpoints.change(change, call.actor));
      },
    }),
  ];
}

function shown(endpoint: EndpointView): z.input<typeof endpointShape> {
  const { id, platform, name, state, allowedAddresses, createdAtMs } = endpoint;
  return {
    id,
    platform,
    name,
    state,
    allowedAddresses: [...allowedAddresses],
    path: `/in/${id}`,
    createdAt: isoTime(createdAtMs),
  };
}
