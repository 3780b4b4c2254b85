// A frozen environment can be looked at, its keys ended and replaced, and nothing else; thawed, it goes on. Q16 K3; design 5.3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCOPE_NAMES, SCOPES, scopesOf } from '#access';
import { limitsWith, openSecretText, SYSTEM } from '#base';
import { createEnvironments } from '#environments';
import { ACTOR, withAccess } from './access.fixture.ts';

test('Q16 in a frozen environment every scope is refused but those that look and that of keys, with an entry', async (t) => {
  const { access, environments, acts, store, audit, clock } = await withAccess(t);
  const { id: environment } = environments.development;
  const lives = createEnvironments({ store, audit, clock, limits: limitsWith() });
  const principals = await Promise.all(
    (['test', 'admin'] as const).map(async (kind) => {
      const key = { environment, kind, name: `${kind} key`, scopes: scopesOf(kind) };
      const { secret } = await access.keys.create(key, SYSTEM);
      const surface = kind === 'admin' ? 'admin' : 'runtime';
      const authorization = `Bearer ${openSecretText(secret)}`;
      return access.authenticate({ authorization, surface, actor: ACTOR });
    }),
  );
  const may = async (): Promise<readonly string[]> => {
    const allowed: string[] = [];
    for (const principal of principals)
      for (const scope of principal.scopes)
        await access.authorize(principal, { scope, actor: ACTOR }).then(
          () => allowed.push(scope),
          (thrown: unknown) => assert.equal(Object(thrown).code, 'ENVIRONMENT_FROZEN'),
        );
    return allowed.toSorted();
  };
  assert.deepEqual(await may(), SCOPE_NAMES.toSorted());
  await lives.freeze(environment, SYSTEM);
  clock.forward(1_000); // by then the database is asked, whether the feed has told or not
  assert.deepEqual(await may(), SCOPE_NAMES.filter((scope) => SCOPES[scope].whileFrozen).toSorted());
  assert.ok(SCOPES['keys:write'].whileFrozen && !SCOPES['calls:send'].whileFrozen);
  assert.match((await acts(environment)).map(({ text }) => text).join(), /ENVIRONMENT_FROZEN/);
  await lives.unfreeze(environment, SYSTEM);
  clock.forward(1_000);
  assert.deepEqual(await may(), SCOPE_NAMES.toSorted());
});
