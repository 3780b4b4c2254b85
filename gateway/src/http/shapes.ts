import { z } from 'zod';
import { ID_PREFIXES, type Id, type IdKind, isId, isoTime } from '#base';

/** Shapes that several routes share. */

/** An id of one kind. */
export function idShape<Kind extends IdKind>(kind: Kind): z.ZodType<Id<Kind>, Id<Kind>> {
  return z
    .custom<Id<Kind>>((value) => isId(kind, value), { error: `is not the id of a ${kind}` })
    .meta({ type: 'string', pattern: `^${ID_PREFIXES[kind].prefix}_[0-9a-z]{26}$` });
}

/** The path parameter that names one object, such as `{key}`. */
export function idParams<Kind extends IdKind>(
  kind: Kind,
): z.ZodObject<{ id: z.ZodType<Id<Kind>, Id<Kind>> }> {
  return z.strictObject({ id: idShape(kind) });
}

export const nameShape = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, {
  error: 'must be 1 to 63 letters, digits, spaces, dots, dashes',
});

/** Milliseconds since the epoch inside, ISO 8601 outside. */
export const timeShape = z.string().meta({ format: 'date-time' });

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

export const PAGE_ITEMS_DEFAULT = 50;

/** The query of a list: at most `limit` objects, after the one named. */
export function pageQuery<Shape extends z.ZodRawShape>(itemsMax: number, more: Shape) {
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(itemsMax).default(PAGE_ITEMS_DEFAULT),
    after: z.string().max(64).optional(),
    ...more,
  });
}

/** One page of a list; `next` is the `after` of the following page, or `null` at the end. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() });
}

/** An allowlist as it is sent; whether each is a range, the room says. */
export const rangesShape = z.array(z.string().min(1).max(60)).max(100).meta({
  description: 'Addresses and CIDR ranges of IPv4 and IPv6; none means from anywhere.',
});

export const trialShape = z.strictObject({ allowedAddresses: rangesShape });

/** The query of who called: the days to look back. */
export const callersQueryShape = { days: z.coerce.number().int().min(1).max(35).default(1) };
