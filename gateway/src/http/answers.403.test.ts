// 403: at every operation a key works where its kind belongs, from where it may be used, and never out of a browser's page.
// What is special to a route is in its folder. Q3 K14 U1 L12.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
