// Organizations and environments are made with their entry or not at all, under names that are valid and unique.
// Practices K3 U4 L1 Q5 Q17; traps "The entry and the act commit together".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Act,
  type AuditPort,
  type EnvironmentId,
  Fault,
  INSTALLATION,
  newId,
  SYSTEM,
  type Transaction,
} from '#base';
import { createEnvironments, type NewEnvironment } from '#environments';
import { sqlStateOf, statement } from '#store';
import { withDatabase } from '#test/database';

const none = (): null => null;
const organizationRows = statement('test.organizations', 'select id from organizations', (row) => row);
const environmentRows = statement(
  'test.environments',
  'select environment_id from environments',
  (row) => row,
);
const newOrganization = statement(
  'test.new_organization',
  `insert into organizations (id, name, created_at) values ($1, 'by-hand', now())`,
  none,
);
const newEnvironment = statement(
  'test.new_environment',
  `insert into environments (environment_id, organization_id, name, kind, region, created_at)
   values ($1, $2, 'by-hand', 'development', 'eu', now())`,
  none,
);
const renameEnvironments = statement('test.rename_environments', `update environments set name = 'x'`, none);

test('K3 an environment belongs to an organization and reads back as it was made', async (t) => {
  const { store, clock, limits } = await withDatabase(t);
  const audit = recordingAudit();
  const environments = createEnvironments({ store, audit, limits, clock });
  const acme = await environments.createOrganization({ name: 'acme' }, SYSTEM);
  const input = { organization: acme.id, name: 'dev', kind: 'development', region: 'eu-west-1' } as const;
  const made = await environments.create(input, SYSTEM);
  const { id, createdAtMs, ...rest } = made;
  assert.deepEqual(rest, { ...input, state: 'active', deleteAfterMs: null });
  const fresh = createEnvironments({ store, audit, limits, clock });
  assert.deepEqual(await fresh.get(id), made);
  assert.equal(await fresh.get(id), await fresh.get(id), 'remembered');
  assert.ok(Object.isFrozen(await fresh.get(id)) && createdAtMs > 0);
  const second = await environments.create({ ...input, name: 'prod', kind: 'production' }, SYSTEM);
  assert.deepEqual(await fresh.list(), [made, second]);
  assert.deepEqual(await fresh.listOrganizations(), [acme]);
  assert.deepEqual(
    audit.acts.map(({ environment, action, resource }) => [environment, action, resource]),
    [
      [INSTALLATION, 'organization.created', `organization:${acme.id}`],
      [id, 'environment.created', `environment:${id}`],
      [second.id, 'environment.created', `environment:${second.id}`],
    ],
  );
});

test('K3 names are unique where they must be, also when two make them at once', async (t) => {
  const { store, clock, limits } = await withDatabase(t);
  const audit = recordingAudit();
  const environments = createEnvironments({ store, audit, limits, clock });
  const [acme, other] = [
    await environments.createOrganization({ name: 'acme' }, SYSTEM),
    await environments.createOrganization({ name: 'other' }, SYSTEM),
  ];
  await assert.rejects(environments.createOrganization({ name: 'acme' }, SYSTEM), { code: 'CONFLICT' });
  const dev = (organization: NewEnvironment['organization']): NewEnvironment => ({
    organization,
    name: 'dev',
    kind: 'development',
    region: 'eu',
  });
  const made = await Promise.allSettled([1, 2, 3, 4].map(() => environments.create(dev(acme.id), SYSTEM)));
  assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of made)
    if (result.status === 'rejected') assert.equal(codeOf(result.reason), 'CONFLICT');
  await environments.create(dev(other.id), SYSTEM);
  assert.equal((await environments.list()).length, 2);
  assert.equal(audit.acts.filter(({ action }) => action === 'environment.created').length, 2);
});

test('Q5 Q17 names, kinds and regions outside their alphabet are refused by field, without their value', async (t) => {
  const { store, clock, limits } = await withDatabase(t);
  const environments = createEnvironments({ store, audit: recordingAudit(), limits, clock });
  const acme = await environments.createOrganization({ name: 'a'.repeat(63) }, SYSTEM);
  const good = { organization: acme.id, name: 'dev', kind: 'development', region: 'eu' } as const;
  for (const name of ['', '-dev', 'Dev', 'a'.repeat(64), 'de v', 'dev\n', 'dév', 'dev/../x', "x' or 1"]) {
    await invalid(environments.create({ ...good, name }, SYSTEM), 'name', name);
    await invalid(environments.createOrganization({ name }, SYSTEM), 'name', name);
  }
  for (const region of ['', 'EU', 'eu west', 'e'.repeat(33), 'eu\n']) {
    await invalid(environments.create({ ...good, region }, SYSTEM), 'region', region);
  }
  const unknown = newId('organization', clock);
  await invalid(environments.create({ ...good, organization: unknown }, SYSTEM), 'organization', unknown);
  assert.deepEqual(await environments.list(), []);
  await environments.create({ ...good, name: `0${'-'.repeat(62)}`, region: '-'.repeat(32) }, SYSTEM);
});

test('an environment that there is not is not found, and is looked for again', async (t) => {
  const { store, clock, limits } = await withDatabase(t);
  const environments = createEnvironments({ store, audit: recordingAudit(), limits, clock });
  for (const id of [newId('environment', clock), INSTALLATION] as const) {
    await assert.rejects(environments.get(id), { code: 'ENVIRONMENT_NOT_FOUND' });
  }
  await assert.rejects(environments.get(`env_'; drop table environments`), { code: 'ENVIRONMENT_NOT_FOUND' });
});

test('when the log can not be written, nothing is made', async (t) => {
  const { store, clock, limits } = await withDatabase(t);
  const audit = recordingAudit();
  const environments = createEnvironments({ store, audit, limits, clock });
  const acme = await environments.createOrganization({ name: 'acme' }, SYSTEM);
  audit.fail();
  const refused = { code: 'AUDIT_UNAVAILABLE' };
  await assert.rejects(environments.createOrganization({ name: 'late' }, SYSTEM), refused);
  const input = { organization: acme.id, name: 'dev', kind: 'development', region: 'eu' } as const;
  await assert.rejects(environments.create(input, SYSTEM), refused);
  assert.deepEqual(await environments.list(), []);
  assert.deepEqual(await environments.listOrganizations(), [acme]);
});

test('K3 an environment sees itself alone, and nobody changes one', async (t) => {
  const { store, clock, limits } = await withDatabase(t);
  const environments = createEnvironments({ store, audit: recordingAudit(), limits, clock });
  const acme = await environments.createOrganization({ name: 'acme' }, SYSTEM);
  const of = (name: string): NewEnvironment => ({
    organization: acme.id,
    name,
    kind: 'staging',
    region: 'eu',
  });
  const [one, other] = [
    await environments.create(of('one'), SYSTEM),
    await environments.create(of('other'), SYSTEM),
  ];
  const seen = await store.transaction(one.id, (tx) => tx.rows(environmentRows, []));
  assert.deepEqual(seen, [{ environment_id: one.id }]);
  await refusedBy(store.transaction(one.id, (tx) => tx.rows(organizationRows, [])));
  await refusedBy(store.transaction(one.id, (tx) => tx.run(newOrganization, [newId('organization', clock)])));
  await refusedBy(
    store.transaction(one.id, (tx) => tx.run(newEnvironment, [newId('environment', clock), acme.id])),
  );
  await refusedBy(store.system((tx) => tx.run(newEnvironment, [newId('environment', clock), acme.id])));
  await refusedBy(store.system((tx) => tx.run(newOrganization, [newId('organization', clock)])));
  for (const scope of [one.id, other.id])
    await refusedBy(store.transaction(scope, (tx) => tx.run(renameEnvironments, [])));
  await refusedBy(store.system((tx) => tx.run(renameEnvironments, [])));
});

/** Refused by Postgres: no right to it, or against the policy of its rows. */
async function refusedBy(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (thrown) => sqlStateOf(thrown) === '42501');
}

async function invalid(work: Promise<unknown>, field: string, value: string): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof Fault);
    assert.equal(thrown.code, 'INVALID_REQUEST');
    assert.deepEqual(
      thrown.fields.map(({ path }) => path),
      [field],
    );
    if (value.length > 8) assert.ok(!JSON.stringify([thrown.fields, thrown.detail]).includes(value));
    return true;
  });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Fault ? thrown.code : String(thrown);
}

function recordingAudit(): AuditPort & { acts: (Act & { environment: EnvironmentId })[]; fail(): void } {
  const acts: (Act & { environment: EnvironmentId })[] = [];
  let failing = false;
  const keep = async (environment: EnvironmentId, act: Act): Promise<void> => {
    if (failing) throw new Fault('AUDIT_UNAVAILABLE');
    acts.push({ ...act, environment });
  };
  return {
    acts,
    fail: () => {
      failing = true;
    },
    record: (_tx: Transaction, environment, act) => keep(environment, act),
    note: keep,
  };
}
