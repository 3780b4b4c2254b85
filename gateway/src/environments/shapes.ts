import { z } from 'zod';
import { type EnvironmentId, Fault, isId, type OrganizationId } from '#base';
import { tagProblem } from './name-tags.ts';

export type EnvironmentKind = 'development' | 'staging' | 'production';

/**
 * `frozen`: nothing comes in, goes out or is delivered; what is there stays. `deleting`: frozen, and all of it is deleted
 * once its delay is over. `deleted` is never seen: only a tombstone is left in the table.
 */
export type EnvironmentState = 'active' | 'frozen' | 'deleting';

/** The boundary of isolation: keys, data keys, log and limits belong to one. Only its state ever changes. */
export interface Environment {
  readonly id: EnvironmentId;
  readonly organization: OrganizationId;
  readonly name: string;
  readonly kind: EnvironmentKind;
  /** Where its data stays: a label that the operator gives meaning to. */
  readonly region: string;
  readonly state: EnvironmentState;
  /** When its deletion begins, while it is `deleting`. */
  readonly deleteAfterMs: number | null;
  readonly createdAtMs: number;
}

export interface Organization {
  readonly id: OrganizationId;
  readonly name: string;
  readonly createdAtMs: number;
}

export const KINDS = Object.freeze([
  'development',
  'staging',
  'production',
] as const) satisfies readonly EnvironmentKind[];

export const STATES = Object.freeze([
  'active',
  'frozen',
  'deleting',
] as const) satisfies readonly EnvironmentState[];

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'small letters, digits and "-", at most 63, not "-" first');
const region = z.string().regex(/^[a-z0-9-]{1,32}$/, 'small letters, digits and "-", at most 32');
const organization = z.custom<OrganizationId>((value) => isId('organization', value), 'an organization id');

/** What makes an organization. */
export const newOrganization = z.strictObject({ name });

/** What makes an environment. */
export const newEnvironment = z
  .strictObject({ organization, name, kind: z.enum(KINDS), region })
  .check(({ value, issues }) => {
    const problem = tagProblem(value.name, value.kind);
    if (problem !== null)
      issues.push({ code: 'custom', path: ['name'], message: problem, input: value.name });
  });

/** Parses input, or throws `INVALID_REQUEST` that names the fields and none of their values. */
export function parsed<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const { success, data, error } = schema.safeParse(input);
  if (success) return data;
  const fields = error.issues.map(({ path, message, code }) => ({
    path: path.join('.'),
    problem: code === 'unrecognized_keys' ? 'not known' : message,
  }));
  throw new Fault('INVALID_REQUEST', { fields });
}
