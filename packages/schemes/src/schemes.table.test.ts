// The tables can't be changed or reached around, every row is complete, and every reason and fault has its sentence. U11.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, REASONS, REQUEST_REASONS, REQUEST_SCHEMES, SCHEMES } from './index.ts';

test('the table has no prototype and is frozen all the way down', () => {
  assert.equal(Object.getPrototypeOf(SCHEMES), null);
  assert.equal(Object.getPrototypeOf(REQUEST_SCHEMES), null);
  assert.equal(Reflect.get(SCHEMES, 'constructor'), undefined);
  const open = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    (!Object.isFrozen(value) || Object.values(value).some(open));
  assert.ok([SCHEMES, REASONS, FAULTS, REQUEST_SCHEMES, REQUEST_REASONS].every((table) => !open(table)));
});

test('every row names itself, its source, what it leaves open, and signs the body', () => {
  for (const [name, scheme] of Object.entries(SCHEMES)) {
    assert.equal(scheme.name, name);
    assert.match(scheme.source, /^https:\/\//);
    assert.ok(scheme.notCovered.length > 0);
    assert.equal(scheme.content.at(-1), 'body');
    const signs = (part: 'id' | 'timestamp') => scheme.content.includes(part);
    assert.equal(signs('id'), scheme.headers.id !== null);
    assert.equal(signs('timestamp'), scheme.headers.timestamp !== null);
    assert.equal(signs('timestamp'), scheme.timestamp !== null);
    // An id from a header that isn't signed would let a sender choose what counts as a duplicate.
    assert.ok(scheme.eventId.from !== 'signed-header' || signs('id'));
  }
});

test('every row of a request signature names its source and what it leaves open, and covers method, target, body and time', () => {
  for (const [name, scheme] of Object.entries(REQUEST_SCHEMES)) {
    assert.equal(scheme.name, name);
    assert.match(scheme.source, /^https:\/\//);
    assert.ok(scheme.notCovered.length > 0);
    assert.equal(scheme.timestamp.toleranceSeconds, 300);
    const covered = scheme.kind === 'concatenated' ? scheme.content.toSorted() : scheme.covered;
    const whole = scheme.kind === 'concatenated' ? ['body', 'method', 'target', 'timestamp'] : MESSAGE_PARTS;
    assert.deepEqual(covered, whole);
  }
});

const MESSAGE_PARTS = ['@method', '@target-uri', 'content-digest'];

test('every reason and every fault code has one sentence, and no two are the same', () => {
  for (const table of [REASONS, REQUEST_REASONS]) {
    const sentences = [...table.map(({ sentence }) => sentence), ...Object.values(FAULTS)];
    for (const sentence of sentences) assert.match(sentence, /^[A-Z].*\.$/);
    assert.equal(new Set(sentences).size, sentences.length);
    assert.equal(new Set(table.map(({ reason }) => reason)).size, table.length);
  }
});
