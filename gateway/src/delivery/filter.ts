import { z } from 'zod';
import { type EndpointId, type FannedEvent, Fault, isId, parseJson } from '#base';

/** Members of objects and places of lists, from the outside in: `['data', 'amount']`. */
const PATH_PARTS_MAX = 8;
const TEXT_CHARACTERS_MAX = 200;
const VALUES_MAX = 50;
const CONDITIONS_MAX = 10;

const pathShape = z.array(z.string().min(1).max(TEXT_CHARACTERS_MAX)).min(1).max(PATH_PARTS_MAX);
const scalarShape = z.union([
  z.string().max(TEXT_CHARACTERS_MAX),
  z.number().refine((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER, {
    error: 'must be a number that every JSON reader takes alike',
  }),
  z.boolean(),
  z.null(),
]);
const numberShape = z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

/** One condition over an event's body. A closed language: nothing in it can take long or run anything. */
export const conditionShape = z.discriminatedUnion('op', [
  z.strictObject({ path: pathShape, op: z.literal('equals'), value: scalarShape }),
  z.strictObject({
    path: pathShape,
    op: z.literal('in'),
    value: z.array(scalarShape).min(1).max(VALUES_MAX),
  }),
  z.strictObject({ path: pathShape, op: z.literal('exists'), value: z.boolean() }),
  z.strictObject({ path: pathShape, op: z.literal('greater'), value: numberShape }),
  z.strictObject({ path: pathShape, op: z.literal('less'), value: numberShape }),
  z.strictObject({
    path: pathShape,
    op: z.literal('startsWith'),
    value: z.string().min(1).max(TEXT_CHARACTERS_MAX),
  }),
]);
export type Condition = z.output<typeof conditionShape>;

export const conditionsShape = z.array(conditionShape).min(1).max(CONDITIONS_MAX);

/** What makes events wait for one another: all, those of one endpoint, or those with one value at a path of their bodies. */
export const orderByShape = z.union([z.enum(['all', 'endpoint']), z.strictObject({ path: pathShape })]);
export type OrderBy = z.output<typeof orderByShape>;

const LIST_MAX = 100;
const platformShape = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'must be the name of a platform' });
const typeShape = z.string().regex(/^[\x21-\x29\x2b-\x7e]{1,198}(?:\.\*)?$/, {
  error: 'must be an event type, or the beginning of one and ".*"',
});
const endpointShape = z
  .custom<EndpointId>((value) => isId('endpoint', value), { error: 'is not the id of an endpoint' })
  .meta({ type: 'string' });

/** What a destination takes. All that is named must hold; what is not named doesn't matter. */
export const filterShape = z
  .strictObject({
    platforms: z.array(platformShape).min(1).max(LIST_MAX).nullable().default(null),
    types: z.array(typeShape).min(1).max(LIST_MAX).nullable().default(null),
    endpoints: z.array(endpointShape).min(1).max(LIST_MAX).nullable().default(null),
    conditions: conditionsShape.nullable().default(null),
  })
  .meta({ id: 'DestinationFilter' });
export type Filter = z.output<typeof filterShape>;

/** An event whose body is parsed once, when the first condition asks for it. */
export interface FilteredEvent extends Omit<FannedEvent, 'body'> {
  /** The value at a path, or `undefined` when there is none or the body is no JSON with one reading. */
  at(path: readonly string[]): unknown;
}

/** Prepares an event for filters and order keys. */
export function filteredEvent({ body, ...event }: FannedEvent): FilteredEvent {
  let parsed: { readonly value: unknown } | null = null;
  return {
    ...event,
    at(path) {
      parsed ??= { value: jsonOf(body) };
      return valueAt(parsed.value, path);
    },
  };
}

/** Whether a filter takes an event. A condition on what isn't there doesn't hold, but for `exists: false`. */
export function takes(filter: Filter, event: FilteredEvent): boolean {
  const { platforms, types, endpoints, conditions } = filter;
  return (
    (platforms === null || platforms.includes(event.platform)) &&
    (types === null || types.some((type) => isOfType(type, event.type))) &&
    (endpoints === null || (event.endpoint !== null && endpoints.includes(event.endpoint))) &&
    (conditions === null || conditions.every((condition) => holds(condition, event.at(condition.path))))
  );
}

function isOfType(pattern: string, type: string | null): boolean {
  if (type === null) return false;
  return pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
}

function holds(condition: Condition, value: unknown): boolean {
  switch (condition.op) {
    case 'exists':
      return (value !== undefined) === condition.value;
    case 'equals':
      return value === condition.value;
    case 'in':
      return condition.value.some((each) => each === value);
    case 'greater':
      return typeof value === 'number' && value > condition.value;
    case 'less':
      return typeof value === 'number' && value < condition.value;
    case 'startsWith':
      return typeof value === 'string' && value.startsWith(condition.value);
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    // Its own members only: what every object inherits is in no body.
    const found: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(current, part);
    if (found === undefined || (Array.isArray(current) && part === 'length')) return undefined;
    current = found.value;
  }
  return current;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined;
    throw thrown;
  }
}
