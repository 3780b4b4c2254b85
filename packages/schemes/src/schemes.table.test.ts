// The tables can't be changed or reached around, every row is complete, and every reason and fault has its sentence. U11.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMac } from './algorithms.ts';
import { FAULTS, hasSharedSecret, REASONS, REQUEST_REASONS, REQUEST_SCHEMES, SCHEMES } from './index.ts';

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

test('every row names itself, its source, what it leaves open, and what it was checked against', () => {
  for (const [name, scheme] of Object.entries(SCHEMES)) {
    assert.equal(scheme.name, name);
    for (const source of scheme.source.split(', ')) assert.match(source, /^https:\/\/\S+$/, name);
    assert.ok(scheme.title.length > 0 && scheme.notCovered.length > 0 && scheme.checked.against.length > 0);
    assert.match(scheme.checked.since, /^\d+\.\d+\.\d+$/);
    for (const difference of scheme.differences) assert.match(difference, /^[A-Z].*\.$/);
    assert.ok(scheme.acknowledgement.status >= 200 && scheme.acknowledgement.status <= 299);
  }
});

test('every row signs the body or says that it does not, and reads no id, time or key that its form has not got', () => {
  for (const [name, scheme] of Object.entries(SCHEMES)) {
    const { content, headers, signature, timestamp, secret, algorithm, keySource } = scheme;
    const signs = (part: 'id' | 'timestamp' | 'body') => content.includes(part);
    const inside = ['jwt', 'form', 'items'].includes(signature.kind);
    assert.equal(inside, content.length === 0, name);
    const isBody = content.some((part) => part === 'body' || (typeof part === 'object' && 'derived' in part));
    const isSaid = scheme.notCovered.some((phrase) => phrase.startsWith('the body'));
    assert.ok(inside || isBody !== isSaid, name);
    const idIsOptional = content.some(
      (part) => typeof part === 'object' && 'optional' in part && part.optional === 'id',
    );
    assert.equal(signs('id') || idIsOptional, headers.id !== null, name);
    const stamped =
      signature.kind === 'stamped' || (signature.kind === 'pairs' && signature.timestampKey !== null);
    assert.equal(signs('timestamp'), headers.timestamp !== null || stamped, name);
    assert.equal(timestamp !== null, signs('timestamp') || signature.kind === 'jwt', name);
    assert.equal(['body-member', 'form', 'items'].includes(signature.kind), headers.signature === null, name);
    assert.equal(secret === 'public-key' || secret === 'whpk-base64', !isMac(algorithm), name);
    assert.equal(keySource !== null, !isMac(algorithm), name);
    assert.equal(hasSharedSecret(scheme), isMac(algorithm), name);
    // An id from a header that isn't signed would let a sender choose what counts as a duplicate.
    assert.ok(scheme.eventId.from !== 'signed-header' || signs('id'), name);
    // And so would one from a body that isn't signed as it stands.
    assert.ok(scheme.eventId.from !== 'body' || signs('body'), name);
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
