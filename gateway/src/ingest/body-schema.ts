import { type Schema, Validator } from '@cfworker/json-schema';
import { z } from 'zod';
import { isSafePattern, patternSteps } from './safe-pattern.ts';

/**
 * JSON Schema (2020-12) as an endpoint may have it: the keywords below and no other. There are no references, so a schema is
 * as deep and as large as it is written, and each of its parts looks at each part of a body once at most: the work is bounded by
 * the product of both. `uniqueItems` compares each with each, most formats are slow regular expressions, and other drafts'
 * keywords would be passed over in silence; they are refused.
 */
const FORMATS = ['date', 'time', 'date-time', 'uuid', 'ipv4', 'email'] as const;
const TYPES = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'] as const;

const count = z.number().int().min(0);
const schemaShape: z.ZodType = z.lazy(() =>
  z.union([
    z.boolean(),
    z.strictObject({
      $schema: z.literal('https://json-schema.org/draft/2020-12/schema').optional(),
      $comment: z.string().optional(),
      title: z.string().optional(),
      description: z.string().optional(),
      type: z.union([z.enum(TYPES), z.array(z.enum(TYPES)).min(1)]).optional(),
      const: z.json().optional(),
      enum: z.array(z.json()).min(1).optional(),
      required: z.array(z.string()).optional(),
      properties: z.record(z.string(), schemaShape).optional(),
      additionalProperties: schemaShape.optional(),
      propertyNames: schemaShape.optional(),
      minProperties: count.optional(),
      maxProperties: count.optional(),
      dependentRequired: z.record(z.string(), z.array(z.string())).optional(),
      prefixItems: z.array(schemaShape).min(1).optional(),
      items: schemaShape.optional(),
      contains: schemaShape.optional(),
      minContains: count.optional(),
      maxContains: count.optional(),
      minItems: count.optional(),
      maxItems: count.optional(),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
      exclusiveMinimum: z.number().optional(),
      exclusiveMaximum: z.number().optional(),
      multipleOf: z.number().positive().optional(),
      minLength: count.optional(),
      maxLength: count.optional(),
      pattern: z.string().refine(isSafePattern, 'is not a regular expression of the safe kind').optional(),
      format: z.enum(FORMATS).optional(),
      allOf: z.array(schemaShape).min(1).optional(),
      anyOf: z.array(schemaShape).min(1).optional(),
      oneOf: z.array(schemaShape).min(1).optional(),
      not: schemaShape.optional(),
      if: schemaShape.optional(),
      // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema; nobody awaits a shape's fields
      then: schemaShape.optional(),
      else: schemaShape.optional(),
    }),
  ]),
);

const SCHEMA_BYTES_MAX = 32_768;
const SCHEMA_DEPTH_MAX = 24;

/** A schema ready to be applied. */
export interface BodySchema {
  /** Values the schema consists of, and steps of its patterns, by which the work it makes is bounded. */
  readonly values: number;
  /** Which of its rules a value breaks, as a place in the schema, or `null`. Nothing of the value is in it. */
  brokenBy(value: unknown): string | null;
}

/**
 * Reads a schema, or says what is wrong with it. Values that are checked must have no prototypes: `required` would find
 * `toString` in every object.
 *
 * @example readBodySchema({ type: 'object', required: ['id'] });
 */
export function readBodySchema(schema: unknown): BodySchema | { readonly problem: string } {
  // Before anything walks through it by calling itself.
  const values = countValues(schema);
  if (values === null) return { problem: `is nested deeper than ${SCHEMA_DEPTH_MAX}` };
  if (JSON.stringify(schema).length > SCHEMA_BYTES_MAX)
    return { problem: `is larger than ${SCHEMA_BYTES_MAX} characters` };
  const parsed = schemaShape.safeParse(schema);
  if (!parsed.success) return { problem: problemOf(parsed.error) };
  // A copy: the validator writes on what it is given.
  const copy: unknown = structuredClone(schema);
  if (!isSchema(copy)) return { problem: 'is not a schema' };
  const validator = new Validator(copy, '2020-12', true);
  return {
    values,
    brokenBy(value) {
      const { valid, errors } = validator.validate(value);
      if (valid) return null;
      // The last is the innermost. The place of `false` is one in the value, with names that came from outside.
      const { keywordLocation } = errors.findLast(({ keyword }) => keyword !== 'false') ?? {};
      return keywordLocation ?? '#';
    },
  };
}

function isSchema(value: unknown): value is Schema | boolean {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null);
}

function problemOf(error: z.ZodError): string {
  const found = deepest(error.issues);
  const place = found === undefined || found.path.length === 0 ? '#' : `#/${found.path.join('/')}`;
  return `is not a schema that can be used: ${place} ${found?.message ?? ''}`.slice(0, 300);
}

/** Of a union that fits in no way, the issue furthest inside says what is meant. */
function deepest(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[] = [],
): { readonly path: readonly PropertyKey[]; readonly message: string } | undefined {
  let best: { path: readonly PropertyKey[]; message: string } | undefined;
  for (const issue of issues) {
    const path = [...base, ...issue.path];
    const inner = issue.code === 'invalid_union' ? deepest(issue.errors.flat(), path) : undefined;
    const found = inner ?? { path, message: issue.message };
    if (best === undefined || found.path.length > best.path.length) best = found;
    else if (found.path.length === best.path.length && issue.code === 'unrecognized_keys') best = found;
  }
  return best;
}

/** How many values there are in a JSON value, patterns as many as their steps; `null` when it is too deep. */
function countValues(value: unknown, depth = 0): number | null {
  if (typeof value !== 'object' || value === null) return 1;
  if (depth >= SCHEMA_DEPTH_MAX) return null;
  let sum = 1;
  for (const [name, part] of Object.entries(value)) {
    const inside = countValues(part, depth + 1);
    if (inside === null) return null;
    sum += inside;
    if (name === 'pattern' && typeof part === 'string') sum += patternSteps(part) ?? 0;
  }
  return sum;
}
