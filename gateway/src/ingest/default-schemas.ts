import { frozenTable } from '#base';
import { type BodySchema, readBodySchema } from './body-schema.ts';

const text = { type: 'string', minLength: 1, maxLength: 200 };
const object = (properties: object, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
});
const withText = (name: string) => object({ [name]: text }, [name]);

/**
 * The structure that a platform promises, by event type: what an application may rely on, and nothing more.
 *
 * Koywe: `type` and `data` in every event; of an order its id, for which https://docs.koywe.com/advanced/security has
 * `data.orderId`, while events of live accounts were seen with `relationships.self.id`. An `id`, where there is one, is a text.
 */
const SCHEMAS: Readonly<Record<string, Readonly<Record<string, object>>>> = frozenTable({
  koywe: {
    '*': object({ id: text, type: text, data: { type: 'object' } }, ['type', 'data']),
    'order.*': {
      anyOf: [
        object({ data: withText('orderId') }, ['data']),
        object({ data: withText('order_id') }, ['data']),
        object({ relationships: object({ self: withText('id') }, ['self']) }, ['relationships']),
      ],
    },
  },
});

const READ: Readonly<Record<string, readonly (readonly [string, BodySchema])[]>> = frozenTable(
  Object.fromEntries(Object.entries(SCHEMAS).map(([platform, schemas]) => [platform, readAll(schemas)])),
);

/** Those of a platform; none where its structure isn't known well enough to hold an event for it. */
export function defaultSchemasOf(
  platform: string,
): readonly (readonly [types: string, schema: BodySchema])[] {
  return READ[platform] ?? [];
}

function readAll(schemas: Readonly<Record<string, object>>): readonly (readonly [string, BodySchema])[] {
  return Object.entries(schemas).map(([types, schema]) => {
    const read = readBodySchema(schema);
    if ('problem' in read) throw new TypeError(`schema of ${types}: ${read.problem}`);
    return [types, read];
  });
}
