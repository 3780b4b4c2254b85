import assert from 'node:assert/strict';
import { type Scope, scopesOf } from '#access';
import { type FaultCode, type IdKind, isId, SYSTEM } from '#base';
import type { ClientAnswer, ClientCall } from '#test/client';
import { assertProblem } from '#test/problem';
import { type KeyOptions, sharedGateway } from '#test/shared-gateway';

/** For tests: an operation with everything it takes but the key. */
export type Operation = Omit<ClientCall, 'key'>;

const NOTHING_OF_OURS = 'cnry-value-that-must-not-come-back';

/** Asserts that the operation answers 401 to whoever has no key in force, each time saying which kind of none. */
export async function assertKeyNeeded(operation: Operation): Promise<void> {
  const { call, environment, gateway, keyWith, testKey } = await sharedGateway();
  const { keys } = gateway.rooms.access;
  assertProblem(await call(operation), 'UNAUTHENTICATED');
  for (const key of [
    'x',
    testKey.slice(0, -1),
    `${testKey.slice(0, -1)}${testKey.endsWith('0') ? '1' : '0'}`,
  ])
    assertProblem(await call({ ...operation, key }), 'KEY_MALFORMED');
  const key = await keyWith({ kind: kindFor(operation) });
  const { items } = await keys.list({ environment, limit: 1 });
  for (const { id } of items) await keys.revoke({ environment, key: id }, SYSTEM);
  assertProblem(await call({ ...operation, key }), 'KEY_REVOKED');
}

/**
 * Asserts that a key with every scope but this one is answered 403, naming it, and that this one is enough; gives back how a
 * key with this scope alone was answered.
 */
export async function assertScopeNeeded(operation: Operation, scope: Scope): Promise<ClientAnswer> {
  const { call, keyWith } = await sharedGateway();
  const kind = kindFor(operation);
  const lacking = await keyWith({ kind, scopes: scopesOf(kind).filter((one) => one !== scope) });
  const { detail } = assertProblem(await call({ ...operation, key: lacking }), 'SCOPE_MISSING');
  assert.ok(detail.includes(scope), detail);
  const answer = await call({ ...operation, key: await keyWith({ kind, scopes: [scope] }) });
  assert.ok(answer.status !== 401 && answer.status !== 403, answer.text);
  return answer;
}

/** Asserts that an application's key administers nothing, and that an administration key does no application's work. */
export async function assertKindNeeded(operation: Operation): Promise<void> {
  const { call, adminKey, testKey } = await sharedGateway();
  const isAdmin = kindFor(operation) === 'admin';
  const answer = await call({ ...operation, key: isAdmin ? testKey : adminKey });
  assert.match(assertProblem(answer, 'WRONG_KEY_KIND').detail, isAdmin ? /sk_admin_/ : /test or live key/);
}

/**
 * Asserts that what nobody has, and what another environment has, is answered alike: 404, and not a word more (K3). `id` is one
 * that is there, for the keys of the shared gateway.
 */
export async function assertHidden(
  operationOn: (id: string) => Operation,
  { id, code }: { readonly id: string; readonly code: FaultCode },
): Promise<void> {
  const { call, adminKey, elsewhere } = await sharedGateway();
  const { adminKey: otherKey } = await elsewhere();
  const nobodys = assertProblem(await call({ ...operationOn(nobodysLike(id)), key: adminKey }), code);
  const others = assertProblem(await call({ ...operationOn(id), key: otherKey }), code);
  assert.deepEqual({ ...others, requestId: '' }, { ...nobodys, requestId: '' });
}

/** Asserts that what is no id of the kind is a wrong field of the path, and no query. */
export async function assertIdChecked(operationOn: (id: string) => Operation, kind: IdKind): Promise<void> {
  for (const id of [NOTHING_OF_OURS, `sec_${'0'.repeat(26)}`]) {
    assert.ok(!isId(kind, id));
    await assertFields({ ...operationOn(id) }, ['path.id']);
  }
}

/** Asserts 400 with exactly these fields, and that no value of the request comes back. */
export async function assertFields(operation: Operation, fields: readonly string[]): Promise<void> {
  const { call, adminKey, testKey } = await sharedGateway();
  const key = kindFor(operation) === 'admin' ? adminKey : testKey;
  const answer = await call({ ...operation, key });
  const problem = assertProblem(answer, 'INVALID_REQUEST');
  assert.deepEqual(problem.fields?.map(({ path }) => path) ?? [], fields, answer.text);
  assert.ok(!answer.text.includes('cnry'), answer.text);
}

/** An id of the kind that nobody has. */
export function nobodysLike(id: string): string {
  return `${id.slice(0, id.indexOf('_'))}_${'0'.repeat(26)}`;
}

/** What keys of which kind do: `/admin` is administration. */
function kindFor({ path }: Operation): KeyOptions['kind'] {
  return path.startsWith('/admin/') ? 'admin' : 'test';
}
