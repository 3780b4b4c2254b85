import { Fault, parseJson, parseJsonExactly } from '#base';
import type { BodySchema } from './body-schema.ts';
import { type Expectation, unmetBy } from './expectations.ts';
import { matchesType } from './type-pattern.ts';

/** Rules about what an event says, ready to be applied. */
export interface Rules {
  /** The types that are wanted; none means all. */
  readonly eventTypes: readonly string[];
  /** By the types they are for. An event has to meet all that are for its type. */
  readonly schemas: readonly (readonly [types: string, schema: BodySchema])[];
  readonly expectations: readonly Expectation[];
}

export type HoldReason = 'unreadable' | 'schema' | 'too-much-to-check' | 'expectation';

/** What is wrong with an authentic event, and which rule says so. Nothing of what it carries is in it. */
export interface Finding {
  readonly reason: HoldReason;
  readonly detail: string | null;
}

/** A long text is as much work as many short ones. */
const BYTES_PER_STEP = 64;
const DETAIL_CHARACTERS_MAX = 300;

/** Whether an event of this type is wanted at all. One whose type can't be told may be: {@link judge} holds it. */
export function isWanted({ eventTypes }: Pick<Rules, 'eventTypes'>, type: string | null): boolean {
  return type === null || eventTypes.length === 0 || eventTypes.some((pattern) => matchesType(pattern, type));
}

/**
 * What is wrong with an event by the rules of its endpoint, or `null`. The body is parsed here, in the one reading it has, and
 * only when some rule is for its type. Work is bounded by `stepsMax`: beyond it the event is held, not let through.
 */
export function judge(rules: Rules, event: Judged): Finding | null {
  return brokenBy(rules, event) ?? (event.type === null && isByType(rules) ? TYPE_UNTOLD : null);
}

interface Judged {
  readonly type: string | null;
  readonly body: Uint8Array;
  readonly stepsMax: number;
}

const TYPE_UNTOLD: Finding = Object.freeze({ reason: 'unreadable', detail: 'type' });

/** Whether some rule is for some types and not for others: then none can be said to be met by an event of which no type is known. */
function isByType({ eventTypes, schemas, expectations }: Rules): boolean {
  const all = [...schemas.map(([types]) => types), ...expectations.map(({ types }) => types)];
  return (eventTypes.length > 0 && !eventTypes.includes('*')) || all.some((types) => types !== '*');
}

function brokenBy({ schemas, expectations }: Rules, { type, body, stepsMax }: Judged): Finding | null {
  const mine = schemas.filter(([types]) => matchesType(types, type));
  const expected = expectations.filter(({ types }) => matchesType(types, type));
  if (mine.length === 0 && expected.length === 0) return null;
  const read = readBare(body);
  if (read === null) return { reason: 'unreadable', detail: null };
  const steps = read.values + body.length / BYTES_PER_STEP;
  for (const [types, schema] of mine) {
    if (schema.values * steps > stepsMax) return { reason: 'too-much-to-check', detail: types };
    const broken = schema.brokenBy(read.value);
    if (broken !== null)
      return { reason: 'schema', detail: `${types} ${broken}`.slice(0, DETAIL_CHARACTERS_MAX) };
  }
  if (expected.length === 0) return null;
  // Once more, with every digit: amounts must not pass through a float.
  const unmet = unmetBy(expectations, { type, value: parseJsonExactly(body) });
  return unmet === null ? null : { reason: 'expectation', detail: `expectations[${unmet}]` };
}

/** A body as JSON whose objects have no prototype, and how many values it holds; `null` when it has no single reading. */
export function readBare(body: Uint8Array): { readonly value: unknown; readonly values: number } | null {
  try {
    return bare(parseJson(body));
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'MALFORMED_BODY') return null;
    throw thrown;
  }
}

/** The depth is bounded by the parser. */
function bare(value: unknown): { value: unknown; values: number } {
  if (typeof value !== 'object' || value === null) return { value, values: 1 };
  let values = 1;
  const copy = (part: unknown): unknown => {
    const inside = bare(part);
    values += inside.values;
    return inside.value;
  };
  if (Array.isArray(value)) {
    const items = value.map(copy);
    return { value: items, values };
  }
  const made: Record<string, unknown> = { __proto__: null };
  for (const [name, part] of Object.entries(value)) made[name] = copy(part);
  return { value: made, values };
}
