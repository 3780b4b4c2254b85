import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ClientAnswer, type ClientCall, withClient } from './client.ts';
import { assertGuarded } from './problem.ts';

const content = z.record(z.string(), z.looseObject({ schema: z.looseObject({}) }));
const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(
    z.looseObject({
      name: z.string(),
      in: z.enum(['path', 'query', 'header']),
      required: z.boolean(),
      schema: z.looseObject({}),
    }),
  ),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(
    z.string().regex(/^(?:[1-5]\d\d|default)$/),
    z.looseObject({ description: z.string().min(1), content: content.optional() }),
  ),
});

/** As much of OpenAPI 3.1 as the document uses. */
const openApi = z.strictObject({
  openapi: z.literal('3.1.1'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string().startsWith('/'), z.record(z.string().regex(/^[a-z]+$/), operation)),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
    schemas: z.record(z.string(), z.looseObject({})),
  }),
});

export type OpenApi = z.output<typeof openApi>;

/** The committed document. */
export async function readOpenApi(): Promise<OpenApi> {
  return openApi.parse(
    JSON.parse(await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8')),
  );
}

/** A parser for a schema of the document, references included. Formats are not judged. */
export function schemaOf(document: OpenApi, schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/')));
}

/** A client that holds every answer against the document: its status, its type and its shape. */
export async function withDescribedClient(
  t: { after(hook: () => Promise<void>): unknown },
  gateway: { url: string; ca: string },
): Promise<(call: ClientCall) => Promise<ClientAnswer>> {
  const document = await readOpenApi();
  const call = withClient(t, gateway);
  return async (request) => {
    const answer = await call(request);
    assertGuarded(answer);
    assertDescribed(document, request, answer);
    return answer;
  };
}

function assertDescribed(
  document: OpenApi,
  { method = 'GET', path }: ClientCall,
  answer: ClientAnswer,
): void {
  const [route = ''] = path.split('?');
  const template = Object.keys(document.paths).find((one) => patternOf(one).test(route));
  // What is nowhere is not found, unless its asker has asked too often.
  if (template === undefined)
    return assert.match(String(answer.status), /^(?:404|429)$/, `${path} is not described`);
  const described = document.paths[template]?.[method.toLowerCase()];
  if (described === undefined)
    return assert.equal(answer.status, 405, `${method} ${template} is not described`);
  const response = described.responses[String(answer.status)] ?? described.responses['default'];
  assert.ok(response, `${method} ${template} is not described to answer ${answer.status}: ${answer.text}`);
  if (response.content === undefined) return assert.equal(answer.text, '');
  const type = String(answer.headers['content-type']).replace(/; charset=utf-8$/, '');
  const media = response.content[type] ?? response.content['*/*'];
  assert.ok(media, `${method} ${template} is not described to answer ${answer.status} as ${type}`);
  if (!type.endsWith('json') || type === 'application/x-ndjson') return;
  const judged = schemaOf(document, media.schema).safeParse(JSON.parse(answer.text));
  assert.ok(judged.success, `${method} ${template}: ${judged.error?.message ?? ''}`);
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace('{path}', '.*').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
