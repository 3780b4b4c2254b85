import { z } from 'zod';
import { Fault, type Limits } from '#base';
import { type BodySchema, readBodySchema } from './body-schema.ts';
import { confirmShape } from './confirm-settings.ts';
import { defaultSchemasOf } from './default-schemas.ts';
import { expectationShape } from './expectations.ts';
import type { Rules } from './judge.ts';
import { mayBeKept } from './kept-headers.ts';
import { isTypePattern } from './type-pattern.ts';

const typePattern = z.string().max(101).refine(isTypePattern, 'is not a type or the beginning of one');

/** What an endpoint does with webhooks besides verifying them; each has a default, and all can be changed. */
export const endpointSettingFields = {
  toleranceSeconds: z.number().int().min(0).max(86_400).nullable().meta({
    description: "How far a signed time may be off, either way; null is the scheme's own.",
  }),
  bodyBytesMax: z.number().int().min(1_024).nullable().meta({
    description: 'Less than the limit of the gateway; null is that limit.',
  }),
  eventTypes: z.array(typePattern).max(100).meta({
    description:
      'Types that are wanted, with `*` at the end for all that begin so; none means all. Others get 2xx and are counted.',
  }),
  structure: z.enum(['platform', 'any']).meta({
    description:
      "Whether bodies must have the structure that the platform's documents promise, where it is known.",
  }),
  schemas: z.record(typePattern, z.unknown()).meta({
    description: 'JSON Schema (2020-12, a safe part of it) by event type. What breaks it is quarantined.',
  }),
  expectations: z.array(expectationShape).max(50).meta({
    description: 'What must stand where: amount, currency, recipient. What differs is quarantined.',
  }),
  url: z
    .url({ protocol: /^https$/ })
    .max(2_048)
    .nullable()
    .meta({
      description: 'The address exactly as the platform has it, for schemes that sign it.',
    }),
  parameters: z.record(z.string().max(64), z.string().max(1_024)).meta({
    description: 'Values that are no secret and that the scheme asks for, such as webhookId.',
  }),
  keepHeaders: z
    .array(
      z
        .string()
        .max(64)
        .transform((name) => name.toLowerCase())
        .refine(mayBeKept, 'is a header that is not kept'),
    )
    .max(32)
    .meta({ description: 'Headers that are kept with the event, besides those of the scheme.' }),
  confirm: confirmShape.nullable().meta({
    description: 'Asks the platform whether it is so before an event goes on.',
  }),
};

export const endpointSettingsShape = z.strictObject({
  toleranceSeconds: endpointSettingFields.toleranceSeconds.default(null),
  bodyBytesMax: endpointSettingFields.bodyBytesMax.default(null),
  eventTypes: endpointSettingFields.eventTypes.default([]),
  structure: endpointSettingFields.structure.default('platform'),
  schemas: endpointSettingFields.schemas.default({}),
  expectations: endpointSettingFields.expectations.default([]),
  url: endpointSettingFields.url.default(null),
  parameters: endpointSettingFields.parameters.default({}),
  keepHeaders: endpointSettingFields.keepHeaders.default([]),
  confirm: endpointSettingFields.confirm.default(null),
});
export type EndpointSettings = z.output<typeof endpointSettingsShape>;

/** Those that are named; whatever is not keeps its value. */
export type EndpointSettingsChange = {
  readonly [Name in keyof EndpointSettings]?: EndpointSettings[Name] | undefined;
};

export const DEFAULT_SETTINGS: EndpointSettings = Object.freeze(endpointSettingsShape.parse({}));

const SCHEMAS_MAX = 50;

/** Settings with a change applied. Throws `INVALID_REQUEST`, naming the fields. */
export function settingsWith(
  before: EndpointSettings,
  change: EndpointSettingsChange,
  limits: Pick<Limits, 'webhookBodyBytesMax'>,
): EndpointSettings {
  const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const after = { ...before, ...named };
  const fields = [...schemaProblems(after)];
  if (after.bodyBytesMax !== null && after.bodyBytesMax > limits.webhookBodyBytesMax)
    fields.push({
      path: 'body.bodyBytesMax',
      problem: `is more than the limit of ${limits.webhookBodyBytesMax}`,
    });
  for (const [name, value] of Object.entries(named))
    if (!isStorable(value))
      fields.push({ path: `body.${name}`, problem: 'holds U+0000 or half of a surrogate pair' });
  if (fields.length > 0) throw new Fault('INVALID_REQUEST', { fields });
  return after;
}

/** Which settings hold rules for some types of events and not for others. */
export function settingsByType({
  eventTypes,
  schemas,
  expectations,
  confirm,
}: EndpointSettings): readonly string[] {
  const typesOf = {
    eventTypes,
    schemas: Object.keys(schemas),
    expectations: expectations.map(({ types }) => types),
  };
  const all = { ...typesOf, confirm: (confirm?.expect ?? []).map(({ types }) => types) };
  return Object.entries(all)
    .filter(([, types]) => types.some((pattern) => pattern !== '*'))
    .map(([name]) => name);
}

/** Whether every text in it, names too, is one that Postgres has in its `jsonb`. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\u0000');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, part]) => isStorable(name) && isStorable(part));
}

function schemaProblems({ schemas }: EndpointSettings): { path: string; problem: string }[] {
  const named = Object.entries(schemas);
  if (named.length > SCHEMAS_MAX) return [{ path: 'body.schemas', problem: `are more than ${SCHEMAS_MAX}` }];
  return named.flatMap(([types, schema]) => {
    const read = readBodySchema(schema);
    return 'problem' in read ? [{ path: `body.schemas.${types}`, problem: read.problem }] : [];
  });
}

/** The rules of an endpoint, its schemas read. Made when it is looked up, not for each webhook. */
export function rulesOf(platform: string, settings: EndpointSettings): Rules {
  const { eventTypes, structure, schemas, expectations } = settings;
  const usable: (readonly [string, BodySchema])[] =
    structure === 'any' ? [] : [...defaultSchemasOf(platform)];
  for (const [types, schema] of Object.entries(schemas)) {
    const read = readBodySchema(schema);
    if ('problem' in read) throw new Fault('INTERNAL', { detail: 'A stored schema is not usable.' });
    usable.push([types, read]);
  }
  return { eventTypes, schemas: usable, expectations };
}
