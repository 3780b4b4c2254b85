import { z } from 'zod';
import type { Access, KeyView } from '#access';
import { isoTime, openSecretText } from '#base';
import { type Route, route } from '../route.ts';
import { idParams, idShape, nameShape, pageOf, pageQuery, timeOrNull, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const keyShape = z
  .strictObject({
    id: idShape('key'),
    kind: z.enum(['test', 'live', 'admin']),
    name: nameShape,
    createdAt: timeShape,
    revokedAt: timeShape.nullable(),
  })
  .meta({ id: 'Key' });

const newKeyShape = z.strictObject({ kind: z.enum(['test', 'live', 'admin']), name: nameShape });

/** Administration of API keys. */
export function keyRoutes({
  access,
  pageItemsMax,
}: {
  access: Access;
  pageItemsMax: number;
}): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/keys',
      surface: 'admin',
      summary: 'Lists the keys of the environment, newest first. No secret is ever shown again.',
      query: pageQuery(pageItemsMax, {}),
      status: 200,
      answer: pageOf(keyShape),
      faults: ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'],
      handle: async (call) => {
        const page = await access.listKeys({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shown), next: page.next };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys',
      surface: 'admin',
      summary: 'Makes a key. Its secret is in this answer and nowhere else, ever.',
      body: newKeyShape,
      status: 201,
      answer: z.strictObject({ key: keyShape, secret: z.string() }),
      faults: ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND', 'CONFLICT'],
      handle: async (call) => {
        const made = await access.createKey(
          { environment: principalOf(call).environment, ...call.body },
          call.actor,
        );
        return { key: shown(made.key), secret: openSecretText(made.secret) };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys/{id}/revoke',
      surface: 'admin',
      summary: 'Revokes a key and every bearer token made with it. Can be repeated; can not be undone.',
      params: idParams('key'),
      status: 200,
      answer: keyShape,
      faults: ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND', 'KEY_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shown(await access.revokeKey({ environment, key: call.params.id }, call.actor));
      },
    }),
  ];
}

function shown(key: KeyView): z.input<typeof keyShape> {
  const { id, kind, name, createdAtMs, revokedAtMs } = key;
  return { id, kind, name, createdAt: isoTime(createdAtMs), revokedAt: timeOrNull(revokedAtMs) };
}
