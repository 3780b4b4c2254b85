// The exported log verifies offline, whole, with nothing but itself; it has no secret, and nothing of another environment.
// K23 Q18 K13.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyExport } from '@sallyport/evidence';
import { sharedGateway } from '#test/shared-gateway';
import { aKey } from '../objects.fixture.ts';

const { admin, call, elsewhere, environment, gateway } = await sharedGateway();

/** The entries as text: in the file they stand in base64. */
function entriesIn(text: string): string {
  const lines = text.trimEnd().split('\n');
  const entries = lines.map((line) => String(Reflect.get(Object(JSON.parse(line)), 'entry') ?? ''));
  return entries.map((entry) => Buffer.from(entry, 'base64').toString()).join('\n');
}

test('200 as lines of JSON that the offline verifier takes', async () => {
  const { id, secret } = await aKey();
  const exported = async () => {
    await gateway.rooms.audit.integrate();
    return admin('GET', '/admin/v1/audit/export');
  };
  let answer = await exported();
  while (!entriesIn(answer.text).includes(id)) answer = await exported(); // a checkpoint is signed at most once a second
  assert.equal(answer.headers['content-type'], 'application/x-ndjson');
  const report = await verifyExport(answer.text.trimEnd().split('\n'), {});
  assert.deepEqual(report.problems, []);
  assert.equal(report.environment, environment);
  assert.ok(!entriesIn(answer.text).includes(secret.slice('sk_test_syp_'.length)));
});

test('200 for another environment with its own log, which verifies as well', async () => {
  const { id } = await aKey();
  await gateway.rooms.audit.integrate();
  const { text } = await call({ path: '/admin/v1/audit/export', key: (await elsewhere()).adminKey });
  assert.ok(!entriesIn(text).includes(id) && !text.includes(environment));
  assert.deepEqual((await verifyExport(text.trimEnd().split('\n'), {})).problems, []);
});
