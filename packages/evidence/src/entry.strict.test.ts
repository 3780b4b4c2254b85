// K23 L16 U12: an entry says time, action, who, resource, address and agent, and has exactly one byte-for-byte spelling.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Entry, EvidenceError, encodeEntry, evidenceLimits, parseEntry } from './index.ts';

const entry: Entry = {
  version: 1,
  id: 'ent_1',
  time: '2026-01-31T23:59:59.000Z',
  environment: 'env_1',
  action: 'key.revoke',
  actor: { kind: 'person', id: 'per_1' },
  resource: 'key_1',
  outcome: 'success',
  address: '192.0.2.1',
  agent: null,
  request: 'req_1',
  details: { count: 1, names: ['a', 'ü'] },
};
const text = Buffer.from(encodeEntry(entry)).toString('utf8');
const refused = (error: unknown): boolean =>
  error instanceof EvidenceError && (error.code === 'entry-refused' || error.code === 'json-refused');
const refuses = (bytes: string | Uint8Array): void =>
  assert.throws(() => parseEntry(typeof bytes === 'string' ? Buffer.from(bytes) : bytes), refused);

test('K23 an entry survives being written and read', () => {
  assert.deepEqual(parseEntry(encodeEntry(entry)), entry);
  assert.equal(
    text,
    '{"action":"key.revoke","actor":{"id":"per_1","kind":"person"},"address":"192.0.2.1","agent":null,' +
      '"details":{"count":1,"names":["a","ü"]},"environment":"env_1","id":"ent_1","outcome":"success",' +
      '"request":"req_1","resource":"key_1","time":"2026-01-31T23:59:59.000Z","version":1}',
  );
});

test('any other spelling of the same entry is refused', () => {
  refuses(` ${text}`);
  refuses(`${text}\n`);
  refuses(`\ufeff${text}`);
  refuses(text.replace('"count":1', '"count":1.0'));
  refuses(text.replace('"count":1', '"count":1,"count":1'));
  refuses(text.replace('ü', '\\u00fc'));
  refuses(text.replace('"agent":null,', '').replace('"version":1}', '"version":1,"agent":null}'));
  refuses(JSON.stringify(entry));
});

test('unknown, missing and wrong fields are refused', () => {
  refuses(text.replace('"version":1', '"version":1,"z":1'));
  refuses(text.replace('"agent":null,', ''));
  refuses(text.replace('"version":1', '"version":2'));
  refuses(text.replace('"kind":"person"', '"kind":"robot"'));
  refuses(text.replace('"id":"per_1"', '"id":"per_1","ip":null'));
  refuses(text.replace('"success"', '"ok"'));
  refuses(text.replace('"ent_1"', '""'));
  refuses(text.replace('"ent_1"', 'null'));
  refuses(text.replace('{"count":1,"names":["a","ü"]}', '[]'));
  refuses(text.replace('key.revoke', 'x'.repeat(evidenceLimits.entryTextCharactersMax + 1)));
  for (const time of [
    '2026-02-30T00:00:00.000Z',
    '2026-01-31T23:59:59Z',
    '2026-01-31T23:59:59.000+00:00',
    '2026-01-31T24:00:00.000Z',
  ]) {
    refuses(text.replace(entry.time, time));
  }
  for (const other of ['', 'null', '[]', '{}', '1', '"a"', '{', '['.repeat(50_000)]) refuses(other);
  refuses(Buffer.of(0xff, 0xfe));
  refuses(Buffer.alloc(evidenceLimits.entryBytesMax + 1, 0x20));
});

test('what could not be read is not written', () => {
  assert.throws(() => encodeEntry({ ...entry, time: 'yesterday' }), refused);
  assert.throws(() => encodeEntry({ ...entry, id: '' }), refused);
  assert.throws(() => encodeEntry({ ...entry, details: { number: Number.NaN } }), refused);
  assert.throws(
    () => encodeEntry({ ...entry, details: { text: 'x'.repeat(evidenceLimits.entryBytesMax) } }),
    refused,
  );
});

test('a field named __proto__ in details is data', () => {
  const bytes = Buffer.from(text.replace('{"count":1,"names":["a","ü"]}', '{"__proto__":{"polluted":true}}'));
  const parsed = parseEntry(bytes);
  assert.deepEqual(Object.keys(parsed.details), ['__proto__']);
  assert.deepEqual(Buffer.from(encodeEntry(parsed)), bytes);
});

test('no message contains a part of the entry', () => {
  for (const spoilt of [`${text} `, text.replace('per_1', 'per_secret\\u0041'), `x${text}`]) {
    assert.throws(
      () => parseEntry(Buffer.from(spoilt)),
      (error: unknown) => error instanceof Error && !/per_|192\.0|key_1/.test(error.message),
    );
  }
});

test('any bytes are either an entry with that one spelling or refused', () => {
  const mutated = fc.tuple(fc.nat(text.length - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(text);
    bytes[at] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array()), (bytes) => {
      try {
        assert.deepEqual(Buffer.from(encodeEntry(parseEntry(bytes))), Buffer.from(bytes));
      } catch (error) {
        assert.ok(refused(error), String(error));
      }
    }),
    { seed: 16, numRuns: 500 },
  );
});
