// Two different places never make the same context, so a sealed value fits nowhere but where it was sealed.
// Practices K3 K12; trap "Empty associated data lets rows be swapped".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeParts, newId, systemClock, toHex } from '#base';
import { PURPOSES, type SealPurpose } from './purposes.ts';
import { contextEncoder } from './seal-context.ts';

const SEED = 20_260_131;
const environments = [newId('environment', systemClock), newId('environment', systemClock)] as const;
const PURPOSE_NAMES: readonly SealPurpose[] = [
  'events',
  'endpoints',
  'connections',
  'destinations',
  'deliveries',
  'audit',
  'access',
  'tokens',
];

// Few characters, so that parts that could run into one another are common.
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '\0', '\u0001', 'é'), minLength: 1, maxLength: 5 }),
  fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
);
const place = fc.record({
  environment: fc.constantFrom(...environments),
  purpose: fc.constantFrom(...PURPOSE_NAMES),
  version: fc.integer({ min: 1, max: 12 }),
  record: text,
  field: text,
});

test('K12 the context is the six parts, each with its length', () => {
  fc.assert(
    fc.property(place, ({ environment, purpose, version, record, field }) => {
      const parts = [
        'sallyport/sealed/1',
        environment,
        PURPOSES[purpose].table,
        String(version),
        record,
        field,
      ];
      const context = contextEncoder({ environment, purpose, version })({ record, field });
      assert.equal(toHex(context), toHex(encodeParts(parts)));
    }),
    { seed: SEED },
  );
});

test('K3 K12 different places make different contexts', () => {
  fc.assert(
    fc.property(place, place, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      assert.equal(toHex(contextEncoder(one)(one)) === toHex(contextEncoder(other)(other)), same);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test('K12 each purpose seals for a table of its own', () => {
  const tables = Object.values(PURPOSES).map(({ table }) => table);
  assert.equal(new Set(tables).size, tables.length);
  assert.deepEqual(Object.keys(PURPOSES), [...PURPOSE_NAMES]);
});

test('K12 an empty, overlong or ill-formed part is refused instead of being changed', () => {
  const contextOf = contextEncoder({ environment: environments[0], purpose: 'events', version: 1 });
  for (const bad of ['', '\ud800', 'x\udc00y', 'é'.repeat(129)]) {
    assert.throws(() => contextOf({ record: bad, field: 'body' }), /^TypeError: record: /);
    assert.throws(() => contextOf({ record: 'evt', field: bad }), /^TypeError: field: /);
  }
});
