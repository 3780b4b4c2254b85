import type { PayloadShape } from '../options.ts';

/** What an event says, before it takes a shape. */
export interface EventContent {
  readonly id: string;
  readonly type: string;
  /** `order`, `contact`, …: names the id in the documented shape (`orderId`) and the type in the observed one. */
  readonly resourceType: string;
  readonly resourceId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The JSON text of an event.
 *
 * Documented (https://docs.koywe.com/advanced/security): `{id, type, data: {orderId, …}}`. Observed on a live account
 * by an integrator: snake_case, no id, the resource under `relationships.self`.
 */
export function eventText(content: EventContent, shape: PayloadShape): string {
  return JSON.stringify(shape === 'documented' ? documented(content) : observed(content));
}

function documented({ id, type, resourceType, resourceId, data }: EventContent): unknown {
  return { id, type, data: { [`${resourceType}Id`]: resourceId, ...data } };
}

function observed({ type, resourceType, resourceId, data }: EventContent): unknown {
  const entries = Object.entries(data).map(([name, value]) => [toSnakeCase(name), value] as const);
  return {
    type,
    data: Object.fromEntries(entries),
    relationships: { self: { type: resourceType, id: resourceId } },
  };
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
