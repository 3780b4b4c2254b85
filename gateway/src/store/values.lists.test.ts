// What is written as a list is read back as the same list, whatever its texts hold: braces, quotes, backslashes, the word NULL.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { newId, systemClock } from '#base';
import { statement } from '#store';
import { withDatabase } from '#test/database';

const listRow = z.object({ texts: z.array(z.string().nullable()), numbers: z.array(z.number()) });
const readBack = statement(
  'test.lists_read_back',
  'select $1::text[] as texts, $2::float8[] as numbers',
  (row) => listRow.parse(row),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }).filter((one) => !one.includes('\0') && one.isWellFormed()),
  fc.constantFrom(
    '',
    ' ',
    'NULL',
    'null',
    '{}',
    '"',
    '""',
    '\\',
    '\\"',
    'a,b',
    '{a,"b"}',
    '\n',
    "'",
    '\\x00',
  ),
);
const number = fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }));

test('lists of texts and of numbers arrive as they were', async (t) => {
  const { store } = await withDatabase(t);
  const environment = newId('environment', systemClock);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(text), { maxLength: 8 }),
      fc.array(number, { maxLength: 8 }),
      async (texts, numbers) => {
        const row = await store.transaction(environment, (tx) => tx.row(readBack, [texts, numbers]));
        assert.deepEqual(row?.texts, texts);
        // A negative zero is a zero in an array of whole numbers.
        assert.deepEqual(
          row?.numbers.map((one) => one + 0),
          numbers.map((one) => one + 0),
        );
      },
    ),
    { numRuns: 200 },
  );
});
