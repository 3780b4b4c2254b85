import { ID_PREFIXES, type IdKind, newId, systemClock } from '#base';
import type { ClientCall } from '#test/client';
import { readOpenApi } from '#test/described';

/** For tests: an operation of docs/openapi.json, with an address of the right form at which nothing is. */
export interface DescribedOperation {
  readonly name: string;
  readonly method: NonNullable<ClientCall['method']>;
  readonly path: string;
  /** `null` where everybody may ask. */
  readonly security: 'administration' | 'runtime' | null;
  /** What it says it needs. */
  readonly scopes: readonly string[];
  /** What it takes: JSON, bytes as they are, or no body at all. */
  readonly body: 'json' | 'bytes' | null;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Which ids stand in the addresses of `/admin/v1/<noun>/{id}`. */
const KINDS: Readonly<Record<string, IdKind>> = Object.freeze({
  keys: 'key',
  connections: 'connection',
  endpoints: 'endpoint',
  destinations: 'destination',
  events: 'event',
  deliveries: 'delivery',
  replays: 'replay',
});

/** Every operation that is described; what must hold for all of them is asked of each. */
export async function describedOperations(): Promise<readonly DescribedOperation[]> {
  const { paths } = await readOpenApi();
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([lower, { security, requestBody }]): DescribedOperation => {
      const method = METHODS.find((one) => one.toLowerCase() === lower);
      if (method === undefined) throw new Error(`${lower} is no method that a test can send`);
      const isRuntime = security.some((one) => 'runtime' in one);
      return {
        name: `${method} ${template}`,
        method,
        path: filled(template),
        security: security.length === 0 ? null : isRuntime ? 'runtime' : 'administration',
        scopes: security.flatMap((one) => Object.values(one).flat()),
        body: requestBody === undefined ? null : 'application/json' in requestBody.content ? 'json' : 'bytes',
      };
    }),
  );
}

function filled(template: string): string {
  const noun = /^\/admin\/v1\/(\w+)\/\{id\}/.exec(template)?.[1];
  const kind = noun === undefined ? undefined : KINDS[noun];
  if (noun !== undefined && (kind === undefined || !(kind in ID_PREFIXES)))
    throw new Error(`operations.fixture.ts does not know which ids ${noun} have`);
  return template
    .replace('{id}', kind === undefined ? '' : newId(kind, systemClock))
    .replace('{endpoint}', newId('endpoint', systemClock))
    .replace('{connection}/{path}', `${newId('connection', systemClock)}/x`);
}
