import { z } from 'zod';
import { type ConnectionId, isId } from '#base';
import { expectationShape } from './expectations.ts';

const name = z.string().min(1).max(100);
const place = z.array(name).min(1).max(16);

/** `/api/v1/orders/{data.orderId}`: visible ASCII, with places of the body in braces. */
const PATH = /^\/[\x21-\x7a\x7c\x7e{}]{0,500}$/;
const PLACE = /\{([^{}]*)\}/g;
const PLACE_TEXT = /^[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,7}$/;

/** The places that a path names, or `null` when it isn't written as it must be. */
export function placesIn(path: string): readonly string[] | null {
  if (!PATH.test(path)) return null;
  const places = [...path.matchAll(PLACE)].map(([, found = '']) => found);
  const isWhole = !/[{}]/.test(path.replace(PLACE, ''));
  return isWhole && places.every((found) => PLACE_TEXT.test(found)) ? places : null;
}

/** How a platform is asked whether an event is so. */
export const confirmShape = z.strictObject({
  connection: z
    .custom<ConnectionId>((value) => isId('connection', value), 'is not the id of a connection')
    .meta({
      type: 'string',
      description: 'The connection by which the platform is asked.',
    }),
  path: z
    .string()
    .refine((path) => (placesIn(path)?.length ?? 0) > 0, 'is not a path with a place of the body in braces')
    .meta({
      description:
        'What is read, such as `/v2/payments/{id}`: the braces name a place in the body, JSON or form.',
    }),
  compare: z
    .array(z.strictObject({ event: place, answer: place }))
    .max(16)
    .default([])
    .meta({ description: 'Places of the event and of the answer that must hold the same.' }),
  expect: z.array(expectationShape).max(16).default([]).meta({
    description: 'What must stand in the answer, by event type: a status that fits what the event says.',
  }),
});
export type ConfirmSettings = z.output<typeof confirmShape>;
