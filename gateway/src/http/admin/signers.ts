import { REQUEST_SCHEMES, type RequestSchemeName } from '@sallyport/schemes';
import { z } from 'zod';
import type { Access, SignerView } from '#access';
import { isoTime, openSecretText } from '#base';
import { type Route, route } from '../route.ts';
import { idParams, idShape, timeShape } from '../shapes.ts';
import { giverOf, principalOf } from './environment.ts';

const SCHEME_NAMES: readonly RequestSchemeName[] = Object.values(REQUEST_SCHEMES).map(({ name }) => name);
const schemeShape = z.enum(SCHEME_NAMES);
const algorithmShape = z.enum(['hmac-sha256', 'ed25519', 'ml-dsa-65']);

const signerShape = z
  .strictObject({
    id: idShape('signer'),
    scheme: schemeShape,
    algorithm: algorithmShape,
    publicKey: z.string().nullable().meta({ description: 'PEM; a secret is never shown again.' }),
    createdAt: timeShape,
  })
  .meta({ id: 'Signer' });

/** Administration of what keys sign their requests with. */
export function signerRoutes({ access: { signers, keys } }: { access: Access }): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/keys/{id}/signers',
      surface: 'admin',
      scope: 'keys:read',
      summary: 'Lists what requests of a key can be signed with, newest first.',
      params: idParams('key'),
      status: 200,
      answer: z.strictObject({ items: z.array(signerShape) }),
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        await keys.get(target);
        return { items: (await signers.list(target)).map(shown) };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys/{id}/signers',
      surface: 'admin',
      scope: 'keys:write',
      summary:
        'Lets requests of a key be signed: with a secret, shown this once, or a public key that is sent.',
      params: idParams('key'),
      body: z.strictObject({
        scheme: schemeShape,
        algorithm: algorithmShape,
        publicKey: z.string().max(8_192).optional().meta({ description: 'PEM, for ed25519 and ml-dsa-65.' }),
      }),
      status: 201,
      answer: z.strictObject({ signer: signerShape, secret: z.string().nullable() }),
      faults: ['INVALID_REQUEST', 'KEY_NOT_FOUND', 'SCOPE_NOT_HELD', 'CONFLICT'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        const { signer, secret } = await signers.add({ ...target, ...call.body }, call.actor, giverOf(call));
        return { signer: shown(signer), secret: secret === null ? null : openSecretText(secret) };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/keys/{id}/signers/retire',
      surface: 'admin',
      scope: 'keys:write',
      summary: 'Ends a signer now; one that is still in use only by force.',
      params: idParams('key'),
      body: z.strictObject({ signer: idShape('signer'), force: z.boolean().optional() }),
      status: 204,
      answer: z.null(),
      faults: ['INVALID_REQUEST', 'SIGNER_NOT_FOUND', 'SECRET_IN_USE'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, key: call.params.id };
        await signers.retire({ ...target, ...call.body }, call.actor);
        return null;
      },
    }),
  ];
}

function shown({ createdAtMs, ...signer }: SignerView): z.input<typeof signerShape> {
  return { ...signer, createdAt: isoTime(createdAtMs) };
}
