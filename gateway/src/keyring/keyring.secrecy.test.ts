// Nothing of a key, and nothing sealed, is in any error, print-out, clone or row; keys of other environments stay shut.
// Practices K1 U2 K3 L1 P3 Q1; traps "Secrets".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import { type Log, type LogFields, silentLog, toBase64, toHex, utf8 } from '#base';
import { createChunkedCipher, createKeyring, type KeyManager, openChunked, sealChunked } from '#keyring';
import { sqlStateOf, statement } from '#store';
import { withDatabase } from '#test/database';
import { freshKeyManager, newEnvironmentId, recordingAudit } from './fixture.ts';

const PLACE = Object.freeze({ record: 'record', field: 'field' });
const PLAINTEXT = utf8('4111111111111111 Jane Example');

const anything = (row: unknown): unknown => row;
const dataKeyRows = statement('test.data_keys', 'select * from data_keys', anything);
const pepperRows = statement('test.installation_keys', 'select * from installation_keys', anything);
const foreignKey = statement(
  'test.foreign_data_key',
  `insert into data_keys (environment_id, purpose, version, key_id, root_key_id, wrapped, created_at)
   values ($1, 'events', 9, 'x', 'x', '', now())`,
  anything,
);
const removeKeys = statement('test.remove_data_keys', 'delete from data_keys', anything);
const renameKeys = statement('test.rename_data_keys', `update data_keys set key_id = 'x'`, anything);

test('K1 Q1 no error, print-out, entry, log line or row shows a key or what was sealed', async (t) => {
  const { store, clock } = await withDatabase(t);
  const real = await freshKeyManager(t);
  const seen: Uint8Array[] = [PLAINTEXT];
  let broken = false;
  const keyManager: KeyManager = {
    id: real.id,
    wrap: (key, context) => {
      seen.push(Uint8Array.from(key));
      return real.wrap(key, context);
    },
    unwrap: (wrapped, context) =>
      broken ? real.unwrap(wrapped.subarray(1), context) : real.unwrap(wrapped, context),
  };
  const audit = recordingAudit();
  const lines: [string, LogFields | undefined][] = [];
  const write = (message: string, fields?: LogFields): void => void lines.push([message, fields]);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const keyring = createKeyring({ store, keyManager, audit, clock, log });
  const environment = newEnvironmentId();
  const sealer = await keyring.sealer(environment, 'events');
  const sealed = sealer.seal(PLACE, PLAINTEXT);
  const pepper = await keyring.pepper();
  const errors = await Promise.all([
    thrownBy(sealer.open({ ...PLACE, field: 'other' }, sealed)),
    thrownBy(sealer.open(PLACE, sealed.subarray(1))),
    thrownBy(Promise.resolve().then(() => pepper.digest(7, PLAINTEXT))),
    thrownBy(Promise.resolve().then(() => sealer.seal({ record: '', field: 'x' }, PLAINTEXT))),
  ]);
  broken = true;
  const other = createKeyring({ store, keyManager, audit, clock, log });
  errors.push(await thrownBy(other.sealer(environment, 'events')), await thrownBy(other.pepper()));
  for (const key of seen.slice(1)) {
    errors.push(
      await thrownBy(
        Promise.resolve().then(() => openChunked(key, utf8('x'), sealChunked(key, utf8('y'), PLAINTEXT))),
      ),
    );
    errors.push(await thrownBy(Promise.resolve().then(() => createChunkedCipher(key.subarray(1)))));
  }
  const rows = [
    ...(await store.system((tx) => tx.rows(dataKeyRows, []))),
    ...(await store.system((tx) => tx.rows(pepperRows, []))),
  ];
  assert.equal(rows.length, 2);
  const shown = [
    errors,
    sealer,
    keyring,
    pepper,
    real,
    audit.acts,
    lines,
    rows,
    sealed,
    createChunkedCipher(seen[1] ?? assert.fail()),
  ]
    .map(
      (value) =>
        inspect(value, { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null }) +
        safeJson(value),
    )
    .join('\n');
  assert.ok(seen.length >= 3);
  for (const secret of seen) {
    for (const form of [
      toHex(secret),
      toBase64(secret),
      Buffer.from(secret).toString('latin1'),
      [...secret].join(', '),
    ]) {
      assert.ok(
        !shown.toLowerCase().includes(form.toLowerCase().slice(0, 24)),
        'a key or a plaintext was shown',
      );
    }
    for (const row of rows) {
      const { wrapped } = z.object({ wrapped: z.instanceof(Uint8Array) }).parse(row);
      assert.equal(Buffer.from(wrapped).indexOf(secret), -1, 'a key lies bare in the database');
    }
  }
});

test('K3 an environment sees, makes, renames and removes no data key of another', async (t) => {
  const { store, clock } = await withDatabase(t);
  const keyring = createKeyring({
    store,
    keyManager: await freshKeyManager(t),
    audit: recordingAudit(),
    clock,
    log: silentLog,
  });
  const [one, other] = [newEnvironmentId(), newEnvironmentId()];
  await keyring.sealer(one, 'events');
  await keyring.pepper();
  assert.equal((await store.transaction(one, (tx) => tx.rows(dataKeyRows, []))).length, 1);
  assert.deepEqual(await store.transaction(other, (tx) => tx.rows(dataKeyRows, [])), []);
  await refusedBy(store.transaction(other, (tx) => tx.run(foreignKey, [one])));
  await refusedBy(store.system((tx) => tx.run(foreignKey, [one]))); // the system role only reads
  for (const change of [removeKeys, renameKeys]) {
    await refusedBy(store.transaction(one, (tx) => tx.run(change, []))); // nobody removes or renames a data key
    await refusedBy(store.system((tx) => tx.run(change, [])));
  }
  await assert.rejects(store.transaction(one, (tx) => tx.rows(pepperRows, []))); // the pepper is of no environment
});

/** Refused by Postgres: no right to it, or against the policy of its rows. */
async function refusedBy(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (thrown) => sqlStateOf(thrown) === '42501');
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (thrown) {
    return thrown;
  }
  return assert.fail('nothing was thrown');
}

function safeJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) =>
      part instanceof Error ? { ...part, message: part.message, cause: part.cause } : part,
    ) ?? ''
  );
}
