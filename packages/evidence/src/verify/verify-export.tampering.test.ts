// K23 L16 U12: every changed, missing, reordered, added or cut-off entry is found and named exactly, alone and together.
// Trap: a bare hash chain does not show a cut tail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntryLine, Line } from '../export/line.ts';
import { describeProblem, encodeEntry, parseEntry, verifyExport } from '../index.ts';
import { exportOf, type Log, makeEntry, makeLog, summary, textsOf } from './log.fixture.ts';

const isEntry = (line: Line): line is EntryLine => line.type === 'entry';

async function verify(log: Log, lines: readonly Line[], knownCheckpoints: readonly string[] = []) {
  const report = await verifyExport(textsOf(lines), { verifierKey: log.verifierKey, knownCheckpoints });
  assert.equal(report.ok, report.problems.length === 0);
  for (const problem of report.problems) assert.match(describeProblem(problem), /\.$/);
  return report;
}

async function split(log: Log): Promise<{ head: Line[]; entries: EntryLine[] }> {
  const lines = await exportOf(log);
  return { head: lines.filter((line) => !isEntry(line)), entries: lines.filter(isEntry) };
}

test('K23 an honest export of any size verifies, with and without what is known', async () => {
  for (const size of [0, 1, 2, 3, 7, 8, 100, 1_023, 1_024, 1_025, 2_500]) {
    const log = makeLog({ size, at: [0, 1, 5, 64, 1_024, 2_000] });
    const lines = await exportOf(log);
    const report = await verify(log, lines, log.notes);
    assert.deepEqual(report.problems, []);
    assert.equal(report.ok, true);
    assert.equal(report.size, size);
    assert.equal(report.proven, size);
    assert.equal(report.entries, size);
    assert.equal(report.checkpoints, log.notes.length);
    assert.equal(report.environment, 'env_1');
    assert.equal(report.keyPinned, true);
    assert.ok((await verifyExport([...textsOf(lines)].map((text) => `${text}\n`))).ok);
  }
});

test('without a pinned key or a known checkpoint the report says what it cannot show', async () => {
  const report = await verifyExport(textsOf(await exportOf(makeLog({ size: 3 }))));
  assert.equal(report.ok, true);
  assert.equal(report.keyPinned, false);
  assert.match(report.notes.join('\n'), /key was taken from the export/);
  assert.match(report.notes.join('\n'), /cut off together with all checkpoints/);
});

// One tampering each: what it does to the entry lines, and what must be said. Places are at least three apart, so
// that two tamperings do not become one.
type Tampering = {
  readonly apply: (entries: readonly EntryLine[]) => EntryLine[];
  readonly said: (size: number) => readonly string[];
};
type Places = { readonly a: number; readonly b: number };

const changed = ({ a }: Places): Tampering => ({
  apply: (entries) =>
    entries.map((line) =>
      line.index === a
        ? { ...line, entry: encodeEntry({ ...parseEntry(line.entry), outcome: 'refused' }) }
        : line,
    ),
  said: () => [`changed ${a}`],
});
const flipped = ({ a }: Places): Tampering => ({
  apply: (entries) =>
    entries.map((line) => {
      if (line.index !== a) return line;
      const entry = Buffer.from(line.entry);
      entry[a % entry.length] = (entry[a % entry.length] ?? 0) ^ 1;
      return { ...line, entry };
    }),
  said: () => [`changed ${a}`],
});
const missing = ({ a }: Places): Tampering => ({
  apply: (entries) => entries.filter(({ index }) => index !== a),
  said: () => [`missing ${a}-${a}`],
});
const swapped = ({ a, b }: Places): Tampering => ({
  apply: (entries) => {
    const at = (index: number) => entries.find((line) => line.index === index)?.entry ?? new Uint8Array(0);
    return entries.map((line) =>
      line.index === a ? { ...line, entry: at(b) } : line.index === b ? { ...line, entry: at(a) } : line,
    );
  },
  said: () => [`reordered ${a}-${a} at ${b}`, `reordered ${b}-${b} at ${a}`],
});
const moved = ({ a, b }: Places): Tampering => ({
  apply: (entries) => {
    const line = entries.filter(({ index }) => index === a);
    const rest = entries.filter(({ index }) => index !== a);
    const at = rest.findIndex(({ index }) => index === b);
    return [...rest.slice(0, at), ...line, ...rest.slice(at)];
  },
  said: () => [`reordered ${a}-${a} at ${a}`],
});
const added = ({ a }: Places): Tampering => ({
  apply: (entries) =>
    entries.flatMap((line) =>
      line.index === a ? [line, { ...line, entry: makeEntry('env_1', 'ent_forged', String(a)) }] : [line],
    ),
  said: () => [`added ${a}`],
});
const appended = ({ a }: Places): Tampering => ({
  apply: (entries) => {
    const entry = makeEntry('env_1', 'ent_forged', `end ${a}`);
    return [...entries, { type: 'entry', index: 10_000 + a, entry }];
  },
  said: () => [`added ${10_000 + a}`],
});
const repeated = ({ a, b }: Places): Tampering => ({
  apply: (entries) => entries.flatMap((line) => (line.index === a ? [line, { ...line, index: b }] : [line])),
  said: () => [`duplicated ${b} of ${a}`],
});
const cut = ({ a }: Places): Tampering => ({
  apply: (entries) => entries.filter(({ index }) => index < a || index >= 10_000),
  said: (size) => [`cut-off ${a}-${size - 1}`],
});
const kinds = { changed, flipped, missing, swapped, moved, added, appended, repeated, cut };
const kindNames = fc.constantFrom(...Object.values(kinds));

test('K23 one tampering anywhere is named with its kind and its index, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 12, max: 120 }),
      fc.array(fc.nat(120), { maxLength: 5 }),
      fc.nat(),
      fc.nat(),
      kindNames,
      async (size, at, first, second, make) => {
        const log = makeLog({ size, at });
        // Not the last entry: leaving that out is cutting off. Two places of one tampering are not neighbours.
        const a = first % (size - 1);
        const b = (a + 3 + (second % (size - 6))) % size;
        fc.pre(Math.abs(a - b) > 2 && b < size - 1);
        const tampering = make({ a, b });
        const { head, entries } = await split(log);
        const report = await verify(log, [...head, ...tampering.apply(entries)]);
        assert.deepEqual(summary(report), [...tampering.said(size)].sort());
      },
    ),
    { seed: 23, numRuns: 150 },
  );
});

test('K23 two tamperings together are both named exactly', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 40, max: 100 }),
      fc.array(fc.nat(100), { maxLength: 5 }),
      fc.array(fc.nat(32), { minLength: 4, maxLength: 4 }),
      kindNames,
      kindNames,
      fc.boolean(),
      async (size, at, offsets, first, second, isEarly) => {
        // Four places in ascending order, at least three apart, and before the last entry; what cuts comes last.
        const steps = offsets.map((offset) => 3 + (offset % 6));
        const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = steps.map((_, i) =>
          steps.slice(0, i + 1).reduce((x, y) => x + y, 0),
        );
        fc.pre(first !== cut);
        const low = first({ a: isEarly ? p0 : p1, b: isEarly ? p1 : p0 });
        const high = second({ a: isEarly ? p2 : p3, b: isEarly ? p3 : p2 });
        const log = makeLog({ size, at });
        const { head, entries } = await split(log);
        const report = await verify(log, [...head, ...high.apply(low.apply(entries))]);
        assert.deepEqual(summary(report), [...low.said(size), ...high.said(size)].sort());
      },
    ),
    { seed: 2323, numRuns: 150 },
  );
});

test('ids and lines of the tampered entries are named', async () => {
  const log = makeLog({ size: 10 });
  const { head, entries } = await split(log);
  const report = await verify(log, [...head, ...changed({ a: 4, b: 0 }).apply(entries)]);
  assert.deepEqual(report.problems, [{ kind: 'changed', index: 4, id: 'ent_4', line: head.length + 5 }]);
});

test('an id that could reach a terminal as a command is not repeated', async () => {
  const log = makeLog({ size: 2 });
  const { head, entries } = await split(log);
  const entry = Buffer.from('{"id":"\\u001b[2J"}');
  const report = await verify(log, [...head, ...entries.slice(0, 1), { type: 'entry', index: 1, entry }]);
  assert.deepEqual(summary(report), ['changed 1']);
  assert.ok(!JSON.stringify(report).includes('[2J'));
});

test('who takes a line out or puts one in and numbers the rest anew is found at that very place', async () => {
  const renumber = (entries: readonly EntryLine[]): EntryLine[] =>
    entries.map((line, index) => ({ ...line, index }));
  const log = makeLog({ size: 20, at: [7] });
  const { head, entries } = await split(log);
  const out = await verify(log, [...head, ...renumber(entries.toSpliced(5, 1))]);
  assert.deepEqual(summary(out), ['missing 5-5', 'renumbered 5-18 at 6']);
  const forged: EntryLine = { type: 'entry', index: 0, entry: makeEntry('env_1', 'ent_forged') };
  const put = await verify(log, [...head, ...renumber(entries.toSpliced(9, 0, forged))]);
  assert.deepEqual(summary(put), ['added 9', 'renumbered 10-20 at 9']);
  const both = await verify(log, [...head, ...renumber(entries.toSpliced(12, 0, forged).toSpliced(9, 1))]);
  assert.deepEqual(summary(both), ['added 11', 'missing 9-9', 'renumbered 9-10 at 10']);
  const spoilt = renumber(entries.toSpliced(5, 1)).map((line) =>
    line.index === 10 ? { ...forged, index: 10 } : line,
  );
  const changedToo = await verify(log, [...head, ...spoilt]);
  assert.deepEqual(summary(changedToo), [
    'changed 11',
    'missing 5-5',
    'renumbered 11-18 at 12',
    'renumbered 5-9 at 6',
  ]);
});

test('neighbours that change places are found, in one line order or the other', async () => {
  const log = makeLog({ size: 9 });
  const { head, entries } = await split(log);
  const swappedNeighbours = await verify(log, [...head, ...swapped({ a: 4, b: 5 }).apply(entries)]);
  assert.deepEqual(summary(swappedNeighbours), ['reordered 4-4 at 5', 'reordered 5-5 at 4']);
  const [five] = entries.slice(5, 6);
  assert.ok(five !== undefined);
  const movedNeighbour = await verify(log, [...head, ...entries.toSpliced(5, 1).toSpliced(4, 0, five)]);
  assert.equal(movedNeighbour.problems.length, 1);
  assert.match(summary(movedNeighbour).join(), /reordered [45]-[45] at [45]/);
});

test('one entry copied over another: the other is missing, the copy is named', async () => {
  const log = makeLog({ size: 9 });
  const { head, entries } = await split(log);
  const [three] = entries.slice(3, 4);
  assert.ok(three !== undefined);
  for (const over of [1, 7]) {
    const report = await verify(log, [...head, ...entries.with(over, { ...three, index: over })]);
    assert.deepEqual(summary(report), [`duplicated ${over} of 3`, `missing ${over}-${over}`]);
  }
});

test('a flood of problems is bounded, hides no other kind, and is counted', async () => {
  const log = makeLog({ size: 400 });
  const { head, entries } = await split(log);
  const spoilt = entries
    .map((line) => ({ ...line, entry: makeEntry('env_1', 'ent_x', String(line.index)) }))
    .slice(0, -5);
  const report = await verifyExport(textsOf([...head, ...spoilt]), {
    verifierKey: log.verifierKey,
    maxProblems: 10,
  });
  assert.equal(report.problems.length, 10);
  assert.deepEqual(
    summary(report).filter((text) => text.startsWith('cut-off')),
    ['cut-off 395-399'],
  );
  assert.match(report.notes.join('\n'), /386 further problems/);
});

test('entries from a later index are enough when asked so, and only then', async () => {
  const log = makeLog({ size: 20 });
  const { head, entries } = await split(log);
  const late = [...head, ...entries.slice(6)];
  assert.deepEqual(summary(await verify(log, late)), ['missing 0-5']);
  const asked = await verifyExport(textsOf(late), { verifierKey: log.verifierKey, from: 6 });
  assert.equal(asked.ok, true);
  assert.match(asked.notes.join('\n'), /before 6/);
});

test('a line moved to the very end or the very beginning is the one that is named', async () => {
  const log = makeLog({ size: 12 });
  const { head, entries } = await split(log);
  const toEnd = [...entries.toSpliced(3, 1), ...entries.slice(3, 4)];
  assert.deepEqual(summary(await verify(log, [...head, ...toEnd])), ['reordered 3-3 at 3']);
  const toBeginning = [...entries.slice(8, 9), ...entries.toSpliced(8, 1)];
  assert.deepEqual(summary(await verify(log, [...head, ...toBeginning])), ['reordered 8-8 at 8']);
});

test('of two floods of problems both are listed', async () => {
  const log = makeLog({ size: 100 });
  const { head, entries } = await split(log);
  const spoilt = entries
    .filter(({ index }) => index < 50 || index % 2 === 1)
    .map((line) =>
      line.index < 50 ? { ...line, entry: makeEntry('env_1', 'ent_x', String(line.index)) } : line,
    );
  const report = await verifyExport(textsOf([...head, ...spoilt]), {
    verifierKey: log.verifierKey,
    maxProblems: 10,
  });
  const kinds = report.problems.map(({ kind }) => kind);
  assert.deepEqual(
    kinds,
    Array.from({ length: 10 }, (_, at) => (at < 5 ? 'changed' : 'missing')),
  );
});
