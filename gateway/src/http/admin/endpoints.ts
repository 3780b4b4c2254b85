import { z } from 'zod';
import { isoTime, Secret } from '#base';
import type { EndpointView, Ingest } from '#ingest';
import { type Route, route } from '../route.ts';
import { idParams, idShape, nameShape, pageOf, pageQuery, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const stateShape = z.enum(['active', 'paused']);
const endpointShape = z
  .strictObject({
    id: idShape('endpoint'),
    platform: z.string(),
    name: nameShape,
    state: stateShape,
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
      body: z.strictObject({ platform: z.string().min(1).max(40), name: nameShape, secret: secretShape }),
      status: 201,
      answer: endpointShape,
      faults: [...refusals, 'PLATFORM_UNKNOWN', 'CONFLICT'],
      handle: async (call) => {
        const { platform, name, secret } = call.body;
        const { environment } = principalOf(call);
        return shown(
          await endpoints.create(
            { environment, platform, name, secret: Secret.fromText(secret) },
            call.actor,
          ),
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
      summary: 'Pauses, resumes, or replaces the secret of an endpoint.',
      params: idParams('endpoint'),
      body: z.strictObject({ state: stateShape.optional(), secret: secretShape.optional() }),
      status: 200,
      answer: endpointShape,
      faults: [...refusals, 'ENDPOINT_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, endpoint: call.params.id };
        const { state, secret } = call.body;
        if (secret !== undefined)
          await endpoints.setSecret({ ...target, secret: Secret.fromText(secret) }, call.actor);
        if (state !== undefined) await endpoints.setState({ ...target, state }, call.actor);
        return shown(await endpoints.get(target));
      },
    }),
  ];
}

function shown({ id, platform, name, state, createdAtMs }: EndpointView): z.input<typeof endpointShape> {
  return { id, platform, name, state, path: `/in/${id}`, createdAt: isoTime(createdAtMs) };
}
