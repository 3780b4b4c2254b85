import { z } from 'zod';
import { isoTime } from '#base';
import { type Connections, type ConnectionView, REQUEST_CHECKS } from '#connections';
import { type Route, route } from '../route.ts';
import { idParams, idShape, nameShape, pageOf, pageQuery, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const checksShape = z.enum(REQUEST_CHECKS).meta({
  description:
    'How the bodies of calls that the platform documents are checked: strict refuses unknown fields, lenient leaves those to the platform, off checks nothing.',
});

const connectionShape = z
  .strictObject({
    id: idShape('connection'),
    platform: z.string(),
    name: nameShape,
    baseUrl: z.string(),
    requestChecks: checksShape,
    prefix: z.string().meta({ description: 'The path under which calls are forwarded.' }),
    createdAt: timeShape,
    changedAt: timeShape,
  })
  .meta({ id: 'Connection' });

const credentialShape = z.record(z.string().regex(/^[A-Za-z]{1,40}$/), z.string().min(1).max(4_096)).meta({
  description:
    "The platform's credential; the fields depend on the platform. Stored sealed, never shown again.",
});
const baseUrlShape = z.string().min(1).max(300);

const newConnectionShape = z.strictObject({
  platform: z.string().min(1).max(40),
  name: nameShape,
  credential: credentialShape,
  baseUrl: baseUrlShape.optional(),
  requestChecks: checksShape.default('lenient'),
});

const changeShape = z.strictObject({
  baseUrl: baseUrlShape.optional(),
  requestChecks: checksShape.optional(),
  credential: credentialShape.optional(),
});

const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Administration of connections. */
export function connectionRoutes(rooms: {
  connections: Connections;
  pageItemsMax: number;
}): readonly Route[] {
  const { connections, pageItemsMax } = rooms;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/connections',
      surface: 'admin',
      scope: 'connections:read',
      summary: 'Lists the connections of the environment, newest first.',
      query: pageQuery(pageItemsMax, {}),
      status: 200,
      answer: pageOf(connectionShape),
      faults: refusals,
      handle: async (call) => {
        const page = await connections.list({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shown), next: page.next };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/connections',
      surface: 'admin',
      scope: 'connections:write',
      summary: 'Keeps a credential for a platform. It can be used through the connection, but not read.',
      body: newConnectionShape,
      status: 201,
      answer: connectionShape,
      faults: [...refusals, 'PLATFORM_UNKNOWN', 'HOST_NOT_ALLOWED', 'CONFLICT'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shown(await connections.create({ environment, ...call.body }, call.actor));
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/connections/{id}',
      surface: 'admin',
      scope: 'connections:read',
      summary: 'Shows a connection, without its credential.',
      params: idParams('connection'),
      status: 200,
      answer: connectionShape,
      faults: [...refusals, 'CONNECTION_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shown(await connections.get({ environment, connection: call.params.id }));
      },
    }),
    route({
      method: 'PATCH',
      path: '/admin/v1/connections/{id}',
      surface: 'admin',
      scope: 'connections:write',
      summary: 'Changes the base address or the checks of a connection, or replaces its credential.',
      params: idParams('connection'),
      body: changeShape,
      status: 200,
      answer: connectionShape,
      faults: [...refusals, 'CONNECTION_NOT_FOUND', 'HOST_NOT_ALLOWED'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, connection: call.params.id };
        const { baseUrl, requestChecks, credential } = call.body;
        if (baseUrl !== undefined) await connections.setBaseUrl({ ...target, baseUrl }, call.actor);
        if (credential !== undefined) await connections.setCredential({ ...target, credential }, call.actor);
        // Last, since what stands before it may be refused.
        if (requestChecks !== undefined)
          await connections.setRequestChecks({ ...target, requestChecks }, call.actor);
        return shown(await connections.get(target));
      },
    }),
    route({
      method: 'DELETE',
      path: '/admin/v1/connections/{id}',
      surface: 'admin',
      scope: 'connections:write',
      summary: 'Removes a connection and destroys its sealed credential.',
      params: idParams('connection'),
      status: 204,
      answer: z.null(),
      faults: [...refusals, 'CONNECTION_NOT_FOUND'],
      handle: async (call) => {
        await connections.remove(
          { environment: principalOf(call).environment, connection: call.params.id },
          call.actor,
        );
        return null;
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/connections/{id}/check',
      surface: 'admin',
      scope: 'connections:write',
      summary: 'Signs in at the platform with the credential kept, and says whether it was accepted.',
      params: idParams('connection'),
      status: 200,
      answer: z.strictObject({ ok: z.boolean(), reason: z.string().nullable(), latencyMs: z.number() }),
      faults: [...refusals, 'CONNECTION_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return connections.check({ environment, connection: call.params.id }, call.actor);
      },
    }),
  ];
}

function shown(view: ConnectionView): z.input<typeof connectionShape> {
  const { id, platform, name, baseUrl, requestChecks, createdAtMs, changedAtMs } = view;
  return {
    id,
    platform,
    name,
    baseUrl,
    requestChecks,
    prefix: `/out/${id}`,
    createdAt: isoTime(createdAtMs),
    changedAt: isoTime(changedAtMs),
  };
}
