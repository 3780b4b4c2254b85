// The document in the repository describes every operation that is served and no other, in valid OpenAPI 3.1.
// K16 K19; style "every code is documented, by test".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitsWith, silentLog, systemClock } from '#base';
import { createHttp } from '#http';
import { readOpenApi, schemaOf } from '#test/described';
import { missing } from './http.fixture.ts';

const document = await readOpenApi();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    path,
    operation,
  })),
);

test('every operation that is served is described, and no other', () => {
  const http = createHttp({
    access: missing('access'),
    audit: missing('audit'),
    connections: missing('connections'),
    ingest: missing('ingest'),
    delivery: missing('delivery'),
    rates: missing('rates'),
    attempts: missing('attempts'),
    health: async () => undefined,
    listen: { host: '127.0.0.1', port: 0 },
    tls: { key: '', cert: '' },
    limits: limitsWith(),
    clock: systemClock,
    log: silentLog,
  });
  const served = http.addresses.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(operations.map(({ name }) => name).sort(), served.toSorted());
  assert.ok(served.length > 25);
});

test('operations have names of their own, security that exists, and a word for each answer', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { name, path, operation } of operations) {
    for (const scheme of operation.security.flatMap((one) => Object.keys(one)))
      assert.ok(Object.hasOwn(document.components.securitySchemes, scheme), scheme);
    assert.equal(operation.security.length === 0, !/^\/(?:admin|out|v1)\/|rotate-secret$/.test(path), name);
    assert.ok(
      Object.keys(operation.responses).some((status) => /^2|^default$/.test(status)),
      name,
    );
    assert.ok('400' in operation.responses && '500' in operation.responses, name);
    assert.match(operation.summary, /^[A-Z].*\.$/);
  }
});

test('the parameters of a path are those of its template', () => {
  for (const { name, path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const given = operation.parameters.filter((one) => one.in === 'path');
    assert.deepEqual(
      given.map((one) => one.name),
      named,
      name,
    );
    assert.ok(
      given.every((one) => one.required),
      name,
    );
  }
});

test('every schema is one, every reference leads somewhere, and no object lets unknown fields in', () => {
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    assert.ok(Object.hasOwn(document.components.schemas, name ?? ''), String(name));
  assert.doesNotMatch(JSON.stringify(document), /\$defs|__schema/);
  for (const { operation } of operations) {
    const answers = Object.values(operation.responses).map(({ content }) => content ?? {});
    const contents: readonly { schema: object }[] = [
      operation.requestBody?.content ?? {},
      ...answers,
    ].flatMap((one: Record<string, { schema: object }>) => Object.values(one));
    for (const { schema } of contents) {
      schemaOf(document, schema);
      for (const object of objectsIn(schema)) assert.notEqual(object['additionalProperties'], undefined);
    }
  }
  for (const schema of Object.values(document.components.schemas))
    for (const object of objectsIn(schema)) assert.notEqual(object['additionalProperties'], undefined);
});

function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (Reflect.get(value, 'type') === 'object') yield { ...value };
  for (const child of Object.values(value)) yield* objectsIn(child);
}
