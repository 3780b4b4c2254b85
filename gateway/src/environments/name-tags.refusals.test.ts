// A name that carries the tag of another kind of environment is refused, however it is written; a word that only looks
// like one is not. Q5 K3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base';
import { refuseForeignTag, tagProblem } from '#environments';
import { NAME_TAGS } from './name-tags.ts';
import { KINDS } from './shapes.ts';

test('Q5 each tag is refused in the kinds that it does not name, and in no other', () => {
  for (const [tag, kinds] of Object.entries(NAME_TAGS)) {
    for (const kind of KINDS) {
      for (const name of [tag, `koywe-${tag}`, `${tag}_koywe`, `the ${tag.toUpperCase()} key`, `${tag}2`]) {
        const problem = tagProblem(name, kind);
        assert.equal(problem === null, kinds.includes(kind), `${name} in ${kind}: ${problem}`);
      }
    }
  }
});

test('Q5 words are found between whatever parts them', () => {
  const refused = [
    'koywe-prod',
    'koywePROD',
    'koyweProd',
    'HTTPLive',
    'prod.koywe',
    'a/live/b',
    'x\u00a0prod',
    'ｐｒｏｄ',
    'go:production3',
  ];
  for (const name of refused) assert.notEqual(tagProblem(name, 'development'), null, name);
  for (const name of ['pre-prod', 'preProd', 'non_production', 'NONPROD']) {
    assert.equal(tagProblem(name, 'staging'), null, name);
    assert.notEqual(tagProblem(name, 'production'), null, name);
  }
});

test('words that hold a tag, and are none, pass', () => {
  const fine = [
    'latest',
    'product',
    'products-live2b'.slice(0, 8),
    'delivery',
    'alive',
    'devices',
    'stagecoach',
    'attest',
    'prodé',
    'reproduction',
    '',
    '---',
  ];
  for (const name of fine) for (const kind of KINDS) assert.equal(tagProblem(name, kind), null, name);
});

test('Q5 no name hides a tag that stands in it as a word; none ends in an error', () => {
  const tags = Object.keys(NAME_TAGS);
  const around = fc.constantFrom('-', '_', ' ', '.', '/', ':', '—', '\u200b');
  fc.assert(
    fc.property(
      fc.string(),
      around,
      fc.constantFrom(...tags),
      fc.constantFrom(...KINDS),
      (text, by, tag, kind) => {
        const kinds = NAME_TAGS[tag] ?? [];
        if (!kinds.includes(kind)) assert.notEqual(tagProblem(`${tag}${by}${text}`, kind), null);
      },
    ),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => void tagProblem(name, 'staging')));
});

test('the refusal names the field and the word, and nothing else of the name', () => {
  assert.throws(
    () => refuseForeignTag('customer-jane-prod', 'development'),
    (thrown) =>
      thrown instanceof Fault &&
      thrown.code === 'INVALID_REQUEST' &&
      JSON.stringify(thrown.fields) ===
        '[{"path":"name","problem":"says \\"prod\\", but this is a development environment"}]',
  );
  refuseForeignTag('koywe', 'production');
});
