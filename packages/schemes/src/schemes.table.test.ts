// The tables can't be changed or reached around, every row is complete, and every reason and fault has its sentence. U11.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, REASONS, SCHEMES } from './index.ts';

test('the table has no prototype and is frozen all the way down', () => {
  assert.equal(Object.getPrototypeOf(SCHEMES), null);
  assert.equal(Reflect.get(SCHEMES, 'constructor'), undefined);
  const open = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    (!Object.isFrozen(value) || Object.values(value).some(open));
  assert.ok(!open(SCHEMES) && !open(REASONS) && !open(FAULTS));
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

test('every reason and every fault code has one sentence, and no two are the same', () => {
  const sentences = [...REASONS.map(({ sentence }) => sentence), ...Object.values(FAULTS)];
  for (const sentence of sentences) assert.match(sentence, /^[A-Z].*\.$/);
  assert.equal(new Set(sentences).size, sentences.length);
  assert.equal(new Set(REASONS.map(({ reason }) => reason)).size, REASONS.length);
});
