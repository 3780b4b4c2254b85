import { z } from 'zod';
import { isoTime, openSecretText, Secret } from '#base';
import type { Delivery } from '#delivery';
import { type Route, route } from '../route.ts';
import { idParams, pageOf, pageQuery } from '../shapes.ts';
import {
  destinationChangeShape,
  destinationShape,
  newDestinationShape,
  pingedShape,
  rotatedShape,
  rotationShape,
  shownDestination,
  shownPing,
  shownSecret,
} from './destination-shapes.ts';
import { principalOf } from './environment.ts';

const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Administration of destinations. */
export function destinationRoutes(rooms: { delivery: Delivery; pageItemsMax: number }): readonly Route[] {
  const { destinations } = rooms.delivery;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/destinations',
      surface: 'admin',
      scope: 'destinations:read',
      summary: 'Lists the destinations of the environment, newest first.',
      query: pageQuery(rooms.pageItemsMax, {}),
      status: 200,
      answer: pageOf(destinationShape),
      faults: refusals,
      handle: async (call) => {
        const page = await destinations.list({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shownDestination), next: page.next };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/destinations',
      surface: 'admin',
      scope: 'destinations:write',
      summary:
        'Names an application that gets events, and makes the secret it verifies them with (shown this once).',
      body: newDestinationShape,
      status: 201,
      answer: z.strictObject({ destination: destinationShape, secret: z.string().nullable() }),
      faults: [...refusals, 'CONFLICT'],
      handle: async (call) => {
        const { secret: given, ...body } = call.body;
        const made = await destinations.create(
          {
            environment: principalOf(call).environment,
            ...body,
            ...(given === undefined ? {} : { secret: Secret.fromText(given) }),
          },
          call.actor,
        );
        const secret = made.secret === null ? null : openSecretText(made.secret);
        return { destination: shownDestination(made.destination), secret };
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/destinations/{id}',
      surface: 'admin',
      scope: 'destinations:read',
      summary: 'Shows a destination.',
      params: idParams('destination'),
      status: 200,
      answer: destinationShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shownDestination(await destinations.get({ environment, destination: call.params.id }));
      },
    }),
    route({
      method: 'PATCH',
      path: '/admin/v1/destinations/{id}',
      surface: 'admin',
      scope: 'destinations:write',
      summary:
        'Changes what is named of a destination, pauses or resumes it. While paused, its deliveries wait.',
      params: idParams('destination'),
      body: destinationChangeShape,
      status: 200,
      answer: destinationShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, destination: call.params.id };
        return shownDestination(await destinations.change({ ...target, ...call.body }, call.actor));
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/destinations/{id}/rotate-secret',
      surface: 'admin',
      scope: 'destinations:write',
      summary:
        'Gives a destination new secrets. Deliveries bear the signatures of both until those before end (shown this once).',
      params: idParams('destination'),
      body: rotationShape,
      bodyMayLack: true,
      takesIdempotencyKey: true,
      status: 201,
      answer: rotatedShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_KEY_REUSED'],
      handle: async (call) => {
        const { secret, ...body } = call.body;
        const rotated = await destinations.rotate(
          {
            environment: principalOf(call).environment,
            destination: call.params.id,
            requestKey: call.idempotencyKey,
            ...body,
            ...(secret === undefined ? {} : { secret: Secret.fromText(secret) }),
          },
          call.actor,
        );
        return {
          secret: rotated.secret === null ? null : openSecretText(rotated.secret),
          secrets: rotated.secrets.map(shownSecret),
          previousEndAt: isoTime(rotated.previousEndAtMs),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/destinations/{id}/test',
      surface: 'admin',
      scope: 'destinations:write',
      summary: 'Sends an event of the type `sallyport.test`, signed as any other, and says how it went.',
      params: idParams('destination'),
      bodyMayLack: true,
      status: 200,
      answer: pingedShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND', 'CONFLICT', 'AUDIT_UNAVAILABLE'],
      handle: async (call) => {
        const target = { environment: principalOf(call).environment, destination: call.params.id };
        return shownPing(await rooms.delivery.ping(target, call.actor));
      },
    }),
  ];
}
