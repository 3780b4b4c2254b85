import { z } from 'zod';
import type { Scope } from '#access';
import { FAULTS, type FaultCode, limitsWith } from '#base';
import { STREAM_OPERATIONS } from './openapi-streams.ts';
import type { Route, Surface } from './route.ts';
import { allRoutes } from './routes.ts';

/** Who may call; the scope stands where OpenAPI 3.1 names the roles that are required. */
function securityOf(surface: Surface, scope: Scope | null): readonly object[] {
  if (surface === 'public') return [];
  return [{ [surface === 'admin' ? 'administration' : 'runtime']: scope === null ? [] : [scope] }];
}

/** Refusals that any operation can answer with, before it looks at what is special to it. */
const ANYWHERE: readonly FaultCode[] = [
  'INVALID_REQUEST',
  'AMBIGUOUS_PATH',
  'CREDENTIAL_IN_URL',
  'HEADERS_TOO_LARGE',
  'RATE_LIMITED',
  'BUSY',
  'INTERNAL',
];
const AUTHENTICATED: readonly FaultCode[] = [
  'UNAUTHENTICATED',
  'KEY_MALFORMED',
  'KEY_REVOKED',
  'KEY_EXPIRED',
  'KEY_RETIRED',
  'TOKEN_EXPIRED',
  'SIGNATURE_REQUIRED',
  'SIGNATURE_INVALID',
  'SIGNATURE_STALE',
  'SIGNATURE_REPLAYED',
  'WRONG_KEY_KIND',
  'ADDRESS_REFUSED',
  'ORIGIN_REFUSED',
  'SESSION_REFUSED',
  'SCOPE_MISSING',
  'KEY_BOUND_ELSEWHERE',
  'ENVIRONMENT_FROZEN',
  'STORE_UNAVAILABLE',
];
const WITH_BODY: readonly FaultCode[] = [
  'MALFORMED_BODY',
  'TIMED_OUT',
  'LENGTH_MISMATCH',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
];

/** The OpenAPI 3.1 document of the gateway. `pageItemsMax` is the limit that is configured. */
export function openApiDocument({
  version,
  pageItemsMax,
}: {
  version: string;
  pageItemsMax: number;
}): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Record<string, object> = { Problem: PROBLEM };
  const add = (path: string, method: string, operation: object): void => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  for (const stream of STREAM_OPERATIONS) {
    const { id, summary, surface, scope, parameters, requestBody, answers, faults } = stream;
    add(stream.path, stream.method, {
      operationId: id,
      summary,
      security: securityOf(surface, scope),
      parameters,
      ...(requestBody === null ? {} : { requestBody }),
      responses: {
        ...answers,
        // What is passed on from elsewhere may have any status, those of our problems too.
        ...problemsOf(
          [...ANYWHERE, ...(surface === 'public' ? [] : AUTHENTICATED), ...faults],
          answers['default'] === undefined ? {} : { '*/*': { schema: {} } },
        ),
      },
    });
  }
  for (const route of describedRoutes(pageItemsMax))
    add(route.path, route.method, operationOf(route, schemas));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sallyport',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'A self-hosted security gateway for payment APIs.',
    },
    paths: sorted(paths),
    components: {
      securitySchemes: {
        runtime: {
          type: 'http',
          scheme: 'bearer',
          description: 'An `sk_test_` or `sk_live_` key, or a bearer token from sign-in.',
        },
        administration: { type: 'http', scheme: 'bearer', description: 'An `sk_admin_` key.' },
      },
      schemas: sorted(schemas),
    },
  };
}

/** The routes for what they say about themselves: nothing behind them is there to be called. */
function describedRoutes(pageItemsMax: number): readonly Route[] {
  const none = z.custom<never>(() => true).parse({});
  return allRoutes({
    access: none,
    audit: none,
    connections: none,
    ingest: none,
    delivery: none,
    clock: none,
    limits: limitsWith({ pageItemsMax }),
    pageItemsMax,
  });
}

function operationOf(route: Route, schemas: Record<string, object>): object {
  const { params, query, body, answer } = route.schemas;
  const shape = (schema: z.ZodType, io: 'input' | 'output'): object => jsonSchema(schema, io, schemas);
  const content = (schema: z.ZodType, io: 'input' | 'output') => ({
    content: { 'application/json': { schema: shape(schema, io) } },
  });
  const faults = [
    ...ANYWHERE,
    ...(route.surface === 'public' ? [] : AUTHENTICATED),
    ...(body === null ? [] : WITH_BODY),
    ...route.faults,
  ];
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    security: securityOf(route.surface, route.scope),
    parameters: [
      ...parametersOf(params, 'path', shape),
      ...parametersOf(query, 'query', shape),
      ...(route.takesIdempotencyKey === false
        ? []
        : [{ ...IDEMPOTENCY_KEY, required: route.takesIdempotencyKey === 'always' }]),
    ],
    ...(body === null ? {} : { requestBody: { required: !route.bodyMayLack, ...content(body, 'input') } }),
    responses: {
      [route.status]: { description: 'Done.', ...(route.status === 204 ? {} : content(answer, 'output')) },
      ...problemsOf(faults),
    },
  };
}

const IDEMPOTENCY_KEY = Object.freeze({
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Who repeats a request with the same key gets the same answer for a while.',
  schema: { type: 'string', minLength: 8, maxLength: 200 },
});

function operationIdOf({ method, path }: Route): string {
  const words = path.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function problemsOf(codes: readonly FaultCode[], besides: object = {}): Record<string, object> {
  const byStatus = Map.groupBy(new Set(codes), (code) => FAULTS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      {
        description: list.map((code) => `\`${code}\`: ${FAULTS[code].title}`).join(' '),
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          ...besides,
        },
      },
    ]),
  );
}

function parametersOf(
  schema: z.ZodType | null,
  place: 'path' | 'query',
  shape: (schema: z.ZodType, io: 'input') => object,
): object[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries<unknown>(schema.shape).flatMap(([name, field]) => {
    if (!(field instanceof z.ZodType)) return [];
    const required = place === 'path' || !field.safeParse(undefined).success;
    return [{ name, in: place, required, schema: shape(field, 'input') }];
  });
}

/** The JSON schema of a shape; those with a name of their own go among the components. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: Record<string, object>): object {
  // Ids are told by a function, which no schema can hold; what they say about themselves is kept.
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _dialect, $defs = {}, ...document } = jsonObject.parse(JSON.parse(text));
  for (const [name, definition] of Object.entries($defs)) components[name] = definition;
  return document;
}

const jsonObject = z.looseObject({ $defs: z.record(z.string(), z.looseObject({})).optional() });

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}

const PROBLEM = Object.freeze({
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  additionalProperties: false,
  properties: {
    type: { type: 'string', pattern: '^urn:sallyport:error:[A-Z_]+$' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(FAULTS).sort() },
    requestId: { type: 'string', pattern: '^req_[0-9a-z]{26}$' },
    fields: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'problem'],
        additionalProperties: false,
        properties: { path: { type: 'string' }, problem: { type: 'string' } },
      },
    },
  },
});
