import { z } from 'zod';
import type { Access } from '#access';
import { openSecretText } from '#base';
import { type Route, route } from '../route.ts';
import { idParams, pageOf, pageQuery } from '../shapes.ts';
import { giverOf, principalOf } from './environment.ts';
import {
  keyChangeShape,
  keyShape,
  newKeyShape,
  secretShape,
  settingsOf,
  shownKey,
  shownSecret,
} from './key-shapes.ts';

/** Administration of API keys. */
export function keyRoutes({
  access: { keys },
  pageItemsMax,
}: {
  access: Pick<Access, 'keys'>;
  pageItemsMax: number;
}): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/keys',
      surface: 'admin',
      scope: 'keys:read',
      summary: 'Lists the keys of the environment, newest first. No secret is ever shown again.',
      query: pageQuery(pageItemsMax, {}),
      status: 200,
      answer: pageOf(keyShape),
      faults: ['INVALID_REQUEST'],
      handle: async (call) => {
        const page = await keys.list({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shownKey), next: page.next };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys',
      surface: 'admin',
      scope: 'keys:write',
      summary:
        'Makes a key, which can do nothing without scopes. Its secret is in this answer and nowhere else, ever.',
      body: newKeyShape,
      status: 201,
      answer: z.strictObject({ key: keyShape, secret: z.string() }),
      faults: ['INVALID_REQUEST', 'CONFLICT', 'SCOPE_NOT_HELD'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        const { kind, name, ...settings } = call.body;
        const key = { environment, kind, name, ...settingsOf(settings) };
        const made = await keys.create(key, call.actor, giverOf(call));
        return { key: shownKey(made.key), secret: openSecretText(made.secret) };
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/keys/{id}',
      surface: 'admin',
      scope: 'keys:read',
      summary: 'Shows a key and which of its secrets are in force.',
      params: idParams('key'),
      status: 200,
      answer: z.strictObject({ key: keyShape, secrets: z.array(secretShape) }),
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        const [key, secrets] = await Promise.all([keys.get(target), keys.secrets(target)]);
        return { key: shownKey(key), secrets: secrets.map(shownSecret) };
      },
    }),
    route({
      method: 'PATCH',
      path: '/admin/v1/keys/{id}',
      surface: 'admin',
      scope: 'keys:write',
      summary: 'Changes what a key may do, at once on every node.',
      params: idParams('key'),
      body: keyChangeShape,
      status: 200,
      answer: keyShape,
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND', 'CONFLICT', 'SCOPE_NOT_HELD', 'LOCKS_OUT_CALLER'],
      handle: async (call) => {
        const { force, ...settings } = call.body;
        const target = { environment: principalOf(call).environment, key: call.params.id };
        const change = { ...target, settings: settingsOf(settings), force };
        return shownKey(await keys.change(change, call.actor, giverOf(call)));
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys/{id}/revoke',
      surface: 'admin',
      scope: 'keys:write',
      summary: 'Revokes a key and every bearer token made with it. Can be repeated; can not be undone.',
      params: idParams('key'),
      status: 200,
      answer: keyShape,
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shownKey(await keys.revoke({ environment, key: call.params.id }, call.actor));
      },
    }),
  ];
}
