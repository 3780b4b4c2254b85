import { z } from 'zod';
import { FAULTS, type FaultCode } from '#base';
import type { Route, Surface } from './route.ts';

const SECURITY: Readonly<Record<Surface, readonly object[]>> = Object.freeze({
  public: [],
  runtime: [{ runtime: [] }],
  admin: [{ administration: [] }],
});

/** The OpenAPI 3.1 document of a list of routes, with the two streaming surfaces described by hand. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = { ...STREAMING_PATHS };
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sallyport',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'A self-hosted security gateway for payment APIs.',
    },
    paths,
    components: {
      securitySchemes: {
        runtime: {
          type: 'http',
          scheme: 'bearer',
          description: 'An `sk_test_` or `sk_live_` key, or a bearer token from sign-in.',
        },
        administration: { type: 'http', scheme: 'bearer', description: 'An `sk_admin_` key.' },
      },
      schemas: { Problem: PROBLEM },
    },
  };
}

function operationOf(route: Route): object {
  const { params, query, body, answer } = route.schemas;
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/[^a-zA-Z0-9]+(.)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase())}`,
    summary: route.summary,
    security: SECURITY[route.surface],
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(body, 'input') } },
          },
        }),
    responses: {
      [route.status]:
        route.status === 204
          ? { description: 'Done.' }
          : {
              description: 'Done.',
              content: { 'application/json': { schema: jsonSchema(answer, 'output') } },
            },
      ...problemsOf(route.faults),
    },
  };
}

function problemsOf(codes: readonly FaultCode[]): Record<string, object> {
  const byStatus = new Map<number, FaultCode[]>();
  for (const code of codes) {
    const { status } = FAULTS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      {
        description: list.map((code) => `\`${code}\`: ${FAULTS[code].title}`).join(' '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

function parametersOf(schema: z.ZodType | null, place: 'path' | 'query'): object[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: jsonSchema(field as z.ZodType, 'input'),
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...document } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return document;
}

const PROBLEM = Object.freeze({
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(FAULTS) },
    requestId: { type: 'string' },
    fields: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, problem: { type: 'string' } } },
    },
  },
});

const forwarded = (method: string): object => ({
  operationId: `forward${method}`,
  summary: 'Forwards a call to the platform of a connection, under the credential kept here.',
  security: SECURITY.runtime,
  parameters: [
    { name: 'connection', in: 'path', required: true, schema: { type: 'string', pattern: '^con_' } },
    {
      name: 'path',
      in: 'path',
      required: true,
      schema: { type: 'string' },
      description: "The platform's own path; may hold slashes.",
    },
  ],
  responses: {
    default: {
      description: "The platform's answer, with known credentials taken out; or a problem of ours.",
    },
    ...problemsOf([
      'AMBIGUOUS_PATH',
      'UNAUTHENTICATED',
      'PATH_NOT_FORWARDED',
      'CONNECTION_NOT_FOUND',
      'BODY_TOO_LARGE',
      'OUTBOUND_CONNECT_FAILED',
      'OUTBOUND_TIMEOUT',
    ]),
  },
});

const STREAMING_PATHS: Readonly<Record<string, Record<string, object>>> = Object.freeze({
  '/in/{endpoint}': {
    post: {
      operationId: 'receiveWebhook',
      summary: 'Receives a webhook: verified over the bytes received, stored, then acknowledged.',
      security: [],
      parameters: [
        { name: 'endpoint', in: 'path', required: true, schema: { type: 'string', pattern: '^ep_' } },
      ],
      requestBody: { required: true, content: { '*/*': { schema: {} } } },
      responses: {
        200: {
          description: 'Durable, or a duplicate of what already is.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['event', 'duplicate'],
                properties: { event: { type: 'string' }, duplicate: { type: 'boolean' } },
              },
            },
          },
        },
        ...problemsOf([
          'WEBHOOK_REFUSED',
          'ENDPOINT_NOT_FOUND',
          'BODY_TOO_LARGE',
          'BUSY',
          'ENDPOINT_PAUSED',
          'STORE_UNAVAILABLE',
        ]),
      },
    },
  },
  '/out/{connection}/{path}': Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [method.toLowerCase(), forwarded(method)]),
  ),
});
