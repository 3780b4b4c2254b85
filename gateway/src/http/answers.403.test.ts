// 403: at every operation a key works where its kind belongs, from where it may be used, never out of a browser's page, and in
// a frozen environment for looking only. What is special to a route is in its folder. Q3 K14 U1 L12 Q16 K24.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as soon } from 'node:timers/promises';
import { type Scope, scopesOf } from '#access';
import { openSecretText, SYSTEM } from '#base';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { type DescribedOperation, describedOperations } from './operations.fixture.ts';

const gateway = await withGateway(afterFile, { limits: { refusalWindowMs: 100 } });
const call = await withDescribedClient(afterFile, gateway);
// Refusals of a key are written down together: asked one after the other, each would wait for the next of these moments.
const guarded = (await describedOperations()).filter(({ security }) => security !== null);

async function keyFromElsewhere(kind: 'test' | 'admin', scopes: readonly Scope[]): Promise<string> {
  const { environment } = gateway;
  const key = { environment, kind, name: `${kind} elsewhere`, scopes, allowedAddresses: ['192.0.2.0/24'] };
  const { secret } = await gateway.gateway.rooms.access.keys.create(key, SYSTEM);
  return openSecretText(secret);
}

test('403 WRONG_KEY_KIND: an application key administers nothing, an administration key forwards nothing', async () => {
  const ask = async ({ method, path, security }: DescribedOperation): Promise<void> => {
    const isRuntime = security === 'runtime';
    const answer = await call({ method, path, key: isRuntime ? gateway.adminKey : gateway.testKey });
    const { detail } = assertProblem(answer, 'WRONG_KEY_KIND');
    assert.match(detail, isRuntime ? /test or live key/ : /sk_admin_/);
  };
  await Promise.all(guarded.map(ask));
});

test('403 ADDRESS_REFUSED for a key that is used from where it may not be', async () => {
  const keys = {
    administration: await keyFromElsewhere('admin', scopesOf('admin')),
    runtime: await keyFromElsewhere('test', scopesOf('test')),
  };
  const ask = async ({ method, path, security }: DescribedOperation): Promise<void> => {
    const key = security === 'runtime' ? keys.runtime : keys.administration;
    assertProblem(await call({ method, path, key }), 'ADDRESS_REFUSED');
  };
  await Promise.all(guarded.map(ask));
});

test("403 ORIGIN_REFUSED for a key that a browser's page sends", async () => {
  const ask = async ({ method, path, security }: DescribedOperation): Promise<void> => {
    const key = security === 'runtime' ? gateway.testKey : gateway.adminKey;
    const headers = { origin: 'https://shop.example' };
    assertProblem(await call({ method, path, key, headers }), 'ORIGIN_REFUSED');
  };
  await Promise.all(guarded.map(ask));
});

test('Q16 403 ENVIRONMENT_FROZEN for everything but looking and keys, for as long as the environment is frozen', async () => {
  const { environments } = gateway.gateway.rooms;
  const { environment } = gateway;
  const becomes = async (state: string): Promise<void> => {
    while ((await environments.get(environment)).state !== state) await soon();
  };
  const ask = async ({ method, path, security }: DescribedOperation) =>
    call({ method, path, key: security === 'runtime' ? gateway.testKey : gateway.adminKey });
  const looking = guarded.filter(({ scopes }) =>
    scopes.every((scope) => scope.endsWith(':read') || scope === 'keys:write'),
  );
  const acting = guarded.filter((operation) => !looking.includes(operation));
  assert.ok(looking.length > 10 && acting.length > 10);
  await environments.freeze(environment, SYSTEM);
  await becomes('frozen');
  await Promise.all(
    acting.map(async (operation) => assertProblem(await ask(operation), 'ENVIRONMENT_FROZEN')),
  );
  for (const operation of looking) assert.notEqual((await ask(operation)).status, 403, operation.name);
  await environments.unfreeze(environment, SYSTEM);
  await becomes('active');
  for (const operation of acting) assert.notEqual((await ask(operation)).status, 403, operation.name);
});
