// A sealed value opens in its own place and nowhere else, whatever byte of it is changed, with one general error.
// Practices K1 K3 K12 L6; traps "Empty associated data lets rows be swapped", "One general decryption error outside".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EnvironmentId, Fault, randomBytes, SYSTEM, silentLog, utf8 } from '#base';
import { createKeyring, type SealPurpose } from '#keyring';
import { withDatabase } from '#test/database';
import { freshKeyManager, newEnvironmentId, recordingAudit } from './fixture.ts';

const environments: readonly EnvironmentId[] = [newEnvironmentId(), newEnvironmentId()];
const HERE = Object.freeze({ record: 'evt_1', field: 'body' });

test('K1 K3 K12 sealed values stay in their place', async (t) => {
  const { store, clock } = await withDatabase(t);
  const keyManager = await freshKeyManager(t);
  const keyring = createKeyring({ store, keyManager, audit: recordingAudit(), clock, log: silentLog });

  await t.test('K12 L6 a value sealed in a place opens there to the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(placeArbitrary(), fc.uint8Array({ maxLength: 200 }), async (place, bytes) => {
        const sealer = await keyring.sealer(place.environment, place.purpose);
        assert.deepEqual(await sealer.open(place, sealer.seal(place, bytes)), bytes);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  await t.test(
    'K3 K12 a value moved to another environment, table, record or field does not open',
    async () => {
      await fc.assert(
        fc.asyncProperty(placeArbitrary(), placeArbitrary(), async (from, to) => {
          if (JSON.stringify(from) === JSON.stringify(to)) return;
          const sealed = (await keyring.sealer(from.environment, from.purpose)).seal(from, utf8('moved'));
          const there = await keyring.sealer(to.environment, to.purpose);
          await assert.rejects(there.open(to, sealed), generalFailure);
        }),
        { seed: 2, numRuns: 300 },
      );
    },
  );

  await t.test(
    'K12 every byte of a sealed value counts: format, key version, salt, commitment, body and tag',
    async () => {
      const environment = newEnvironmentId();
      const sealer = await keyring.sealer(environment, 'events');
      await keyring.rotate(environment, 'events', SYSTEM); // so that a changed version names a key that exists
      const sealed = sealer.seal(HERE, randomBytes(20));
      for (let index = 0; index < sealed.length; index += 1) {
        for (const change of [0x01, 0x03, 0x80, 0xff]) {
          const altered = Uint8Array.from(sealed);
          altered[index] = (altered[index] ?? 0) ^ change;
          await assert.rejects(sealer.open(HERE, altered), generalFailure, `byte ${index}`);
        }
        await assert.rejects(sealer.open(HERE, sealed.subarray(0, index)), generalFailure, `cut to ${index}`);
      }
      await assert.rejects(sealer.open(HERE, Uint8Array.from([...sealed, 0])), generalFailure);
      assert.equal((await sealer.open(HERE, sealed)).length, 20);
    },
  );

  await t.test('K12 arbitrary bytes end in the one fault', async () => {
    const sealer = await keyring.sealer(newEnvironmentId(), 'tokens');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0, 1), async (bytes, format) => {
        await assert.rejects(sealer.open(HERE, bytes), generalFailure);
        await assert.rejects(
          sealer.open(HERE, Uint8Array.from([format, 0, 0, 0, 1, ...bytes])),
          generalFailure,
        );
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  await t.test('K12 the same value sealed twice looks different', async () => {
    const sealer = await keyring.sealer(newEnvironmentId(), 'events');
    assert.notDeepEqual(sealer.seal(HERE, utf8('same')), sealer.seal(HERE, utf8('same')));
  });
});

/** The public face of the fault is always the same; why stays in its cause. */
function generalFailure(thrown: unknown): boolean {
  assert.ok(thrown instanceof Fault);
  assert.equal(thrown.code, 'OPEN_FAILED');
  assert.equal(thrown.detail, new Fault('OPEN_FAILED').detail);
  assert.equal(thrown.message, new Fault('OPEN_FAILED').message);
  assert.ok(thrown.cause instanceof Error);
  return true;
}

function placeArbitrary(): fc.Arbitrary<{
  environment: EnvironmentId;
  purpose: SealPurpose;
  record: string;
  field: string;
}> {
  return fc.record({
    environment: fc.constantFrom(...environments),
    purpose: fc.constantFrom<SealPurpose>('events', 'endpoints', 'connections', 'tokens'),
    record: fc.constantFrom('evt_1', 'evt_2', 'evt_1b', 'évt'),
    field: fc.constantFrom('body', 'ody', 'headers'),
  });
}
