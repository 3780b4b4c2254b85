// K23: what is not signed for this log by its key proves nothing; tampered leaf hashes and checkpoints are localised.
// Traps: a bare hash chain does not show a cut tail; checking a key by a field the sender controls.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntryLine, Line } from '../export/line.ts';
import {
  EvidenceError,
  encodeVerifierKey,
  leafHash,
  rootOf,
  signCheckpoint,
  verifyExport,
} from '../index.ts';
import { exportOf, type Log, makeEntry, makeLog, summary, textsOf } from './log.fixture.ts';

const other = generateKeyPairSync('ed25519').privateKey;

async function said(
  log: Log,
  lines: readonly Line[],
  knownCheckpoints: readonly string[] = [],
): Promise<string[]> {
  return summary(await verifyExport(textsOf(lines), { verifierKey: log.verifierKey, knownCheckpoints }));
}

/** Replaces leaf hashes, by index. */
function withLeaves(lines: readonly Line[], leaves: ReadonlyMap<number, Uint8Array>): Line[] {
  return lines.map((line) =>
    line.type === 'leaves'
      ? { ...line, hashes: line.hashes.map((hash, at) => leaves.get(line.start + at) ?? hash) }
      : line,
  );
}

function withEntry(lines: readonly Line[], index: number, entry: Uint8Array): Line[] {
  return lines.map((line) => (line.type === 'entry' && line.index === index ? { ...line, entry } : line));
}

const without = (lines: readonly Line[], drop: (line: Line) => boolean): Line[] =>
  lines.filter((line) => !drop(line));
const forged = makeEntry('env_1', 'ent_forged');

test('K23 a changed leaf hash is found by the genuine entry, which stays proven', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 80 }),
      fc.array(fc.nat(80), { maxLength: 6 }),
      fc.nat(),
      async (size, at, place) => {
        const log = makeLog({ size, at });
        const index = place % size;
        const lines = withLeaves(await exportOf(log), new Map([[index, leafHash(forged)]]));
        assert.deepEqual(await said(log, lines), [`leaves-unauthentic ${index}-${index} replaced`]);
      },
    ),
    { seed: 24, numRuns: 100 },
  );
});

test('K23 a changed entry with its leaf hash changed along is localised between two checkpoints', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 80 }),
      fc.array(fc.nat(80), { maxLength: 6 }),
      fc.nat(),
      async (size, at, place) => {
        const log = makeLog({ size, at });
        const index = place % size;
        const lines = withEntry(await exportOf(log), index, forged);
        const sizes = [0, ...at.filter((head) => head <= size), size].sort((a, b) => a - b);
        const good = sizes.findLast((head) => head <= index) ?? 0;
        const bad = sizes.find((head) => head > index) ?? size;
        assert.deepEqual(await said(log, withLeaves(lines, new Map([[index, leafHash(forged)]]))), [
          `leaves-unauthentic ${good}-${bad - 1} mismatch`,
        ]);
      },
    ),
    { seed: 25, numRuns: 100 },
  );
});

test('leaf hashes tampered with in several stretches, one of them with its entry', async () => {
  const log = makeLog({ size: 40, at: [10, 20, 30] });
  const lines = await exportOf(log);
  const several = withLeaves(
    lines,
    new Map([
      [3, leafHash(forged)],
      [4, leafHash(forged)],
      [25, leafHash(forged)],
    ]),
  );
  assert.deepEqual(await said(log, several), [
    'leaves-unauthentic 25-25 replaced',
    'leaves-unauthentic 3-4 replaced',
  ]);
  const report = await verifyExport(textsOf(withEntry(several, 25, forged)), {
    verifierKey: log.verifierKey,
  });
  assert.deepEqual(summary(report), ['leaves-unauthentic 20-29 mismatch', 'leaves-unauthentic 3-4 replaced']);
  assert.equal(report.proven, 20);
  assert.match(report.notes.join('\n'), /What follows leaf 29 cannot be checked/);
});

test('where neither entry nor leaf hash is proven, the entry is called unproven, not changed', async () => {
  const log = makeLog({ size: 20, at: [10] });
  const lines = withEntry(withLeaves(await exportOf(log), new Map([[15, leafHash(forged)]])), 12, forged);
  assert.deepEqual(await said(log, lines), [
    'leaves-unauthentic 10-19 mismatch',
    'unproven 12',
    'unproven 15',
  ]);
});

test('a forged leaf hash does not make a forged entry part of the log', async () => {
  const log = makeLog({ size: 20, at: [10] });
  const lines = withLeaves(await exportOf(log), new Map([[15, leafHash(forged)]]));
  assert.deepEqual(await said(log, withEntry(lines, 4, forged)), [
    'changed 4',
    'leaves-unauthentic 15-15 replaced',
  ]);
});

test('leaf hashes left out are made good by the entries', async () => {
  const log = makeLog({ size: 2_500, at: [1_000] });
  const lines = await exportOf(log);
  const gap = without(lines, (line) => line.type === 'leaves' && line.start === 1_024);
  assert.deepEqual(await said(log, gap), ['leaves-unauthentic 1024-2047 replaced', 'malformed leaves-start']);
  const end = without(lines, (line) => line.type === 'leaves' && line.start === 2_048);
  assert.deepEqual(await said(log, end), ['leaves-unauthentic 2048-2499 replaced']);
  const all = without(lines, (line) => line.type === 'leaves');
  assert.deepEqual(await said(log, all), ['leaves-unauthentic 0-2499 replaced']);
});

test('a tail cut off from leaf hashes and entries shows against each checkpoint that is left', async () => {
  const log = makeLog({ size: 30, at: [10, 20] });
  const lines = (await exportOf(log)).flatMap((line): Line[] => {
    if (line.type === 'leaves') return [{ ...line, hashes: line.hashes.slice(0, 15) }];
    return line.type === 'entry' && line.index >= 15 ? [] : [line];
  });
  assert.deepEqual(await said(log, lines), ['cut-off 15-29', 'leaves-unauthentic 10-14 uncovered']);
});

test('a tail cut off with its checkpoints shows only against a known checkpoint, and the notes say so', async () => {
  const log = makeLog({ size: 30, at: [10, 20] });
  const rolledBack = (await exportOf(log)).flatMap((line): Line[] => {
    if (line.type === 'export') return [{ ...line, size: 20 }];
    if (line.type === 'checkpoint') return line.note.includes('\n30\n') ? [] : [line];
    if (line.type === 'leaves') return [{ ...line, hashes: line.hashes.slice(0, 20) }];
    return line.index >= 20 ? [] : [line];
  });
  const alone = await verifyExport(textsOf(rolledBack), { verifierKey: log.verifierKey });
  assert.equal(alone.ok, true);
  assert.match(alone.notes.join('\n'), /cut off together with all checkpoints that cover it does not show/);
  const report = await verifyExport(textsOf(rolledBack), {
    verifierKey: log.verifierKey,
    knownCheckpoints: log.notes,
  });
  assert.deepEqual(report.problems, [{ kind: 'cut-off', index: 20, through: 29, shownBy: 'known' }]);
});

test('leaves and entries appended after the last checkpoint are not covered', async () => {
  const log = makeLog({ size: 10 });
  const appended: EntryLine = { type: 'entry', index: 10, entry: forged };
  const lines = (await exportOf(log)).map((line) => {
    if (line.type === 'export') return { ...line, size: 11 };
    return line.type === 'leaves' ? { ...line, hashes: [...line.hashes, leafHash(forged)] } : line;
  });
  assert.deepEqual(await said(log, [...lines, appended]), ['leaves-unauthentic 10-10 uncovered']);
});

test('a log written anew and signed by its own key contradicts the known checkpoint', async () => {
  const log = makeLog({ size: 30, at: [10, 20] });
  const anew = makeLog({ size: 30, at: [10, 20], salt: 'anew' });
  const [first = '', second = ''] = log.notes;
  assert.deepEqual(await said(anew, await exportOf(anew)), []);
  assert.deepEqual(await said(anew, await exportOf(anew), [second]), [
    'checkpoint-inconsistent known 20 against 30',
  ]);
  const lines = (await exportOf(anew)).map((line) =>
    line.type === 'checkpoint' && line.note.includes('\n10\n') ? { ...line, note: first } : line,
  );
  assert.deepEqual(await said(anew, lines), ['checkpoint-inconsistent export 10 against 30']);
  const twice = log.notes.slice(-1);
  assert.deepEqual(await said(anew, await exportOf(anew), twice), [
    'checkpoint-inconsistent known 30 against 30',
  ]);
});

test('checkpoints signed with another key do not count, whatever the header says', async () => {
  const log = makeLog({ size: 10, at: [5] });
  const verifierKey = encodeVerifierKey({ name: log.origin, key: other });
  const lines = (await exportOf(log)).map((line) => {
    if (line.type === 'export') return { ...line, verifierKey };
    if (line.type !== 'checkpoint') return line;
    const [origin = '', size = '', root = ''] = line.note.split('\n');
    return {
      ...line,
      note: signCheckpoint({ origin, size: Number(size), root: Buffer.from(root, 'base64'), key: other }),
    };
  });
  const expected = [
    'checkpoint-invalid not-signed-by-key',
    'checkpoint-invalid not-signed-by-key',
    'checkpoint-missing',
  ];
  assert.deepEqual(await said(log, lines), [...expected, 'leaves-unauthentic 0-9 uncovered']);
  // Without the pinned key the forgery is consistent in itself, which the notes say …
  const alone = await verifyExport(textsOf(lines));
  assert.equal(alone.ok, true);
  assert.match(alone.notes.join('\n'), /not who wrote it/);
  // … and a known checkpoint unmasks it.
  assert.deepEqual(summary(await verifyExport(textsOf(lines), { knownCheckpoints: log.notes.slice(-1) })), [
    'checkpoint-invalid not-signed-by-key',
  ]);
});

test('U11 environments cannot be swapped', async () => {
  const log = makeLog({ size: 6 });
  const foreign = makeLog({ size: 6, environment: 'env_2' });
  const lines = await exportOf(log);
  const foreignLines = await exportOf(foreign);
  const head = (from: readonly Line[], rest: readonly Line[]) => [...from.slice(0, 1), ...rest.slice(1)];
  // The other environment's log under this one's header.
  assert.deepEqual(await said(log, head(lines, foreignLines)), [
    'checkpoint-invalid wrong-origin',
    'checkpoint-missing',
    ...[0, 1, 2, 3, 4, 5].map((index) => `entry-invalid ${index} another-environment`),
    'leaves-unauthentic 0-5 uncovered',
  ]);
  // The other environment's export whole, for the pinned key of this one.
  assert.deepEqual(await said(log, foreignLines), [
    'checkpoint-invalid wrong-origin',
    'checkpoint-missing',
    'leaves-unauthentic 0-5 uncovered',
    'malformed key-not-of-origin',
  ]);
  // Another name on top of a genuine export.
  const renamed = lines.map((line) => (line.type === 'export' ? { ...line, environment: 'env_2' } : line));
  assert.ok((await said(log, renamed)).includes('malformed origin-not-of-environment'));
});

test('a header that counts too few or too many leaves is found', async () => {
  const log = makeLog({ size: 6 });
  const sized = async (size: number) =>
    (await exportOf(log)).map((line) => (line.type === 'export' ? { ...line, size } : line));
  assert.deepEqual(await said(log, await sized(5)), ['malformed size']);
  assert.deepEqual(await said(log, await sized(2 ** 50)), [`cut-off 6-${2 ** 50 - 1}`]);
});

test('what was logged but is no entry is told apart from tampering', async () => {
  const log = makeLog({ size: 3 });
  const bytes = Buffer.from('{"version":2}');
  const entries = [...log.entries.slice(0, 2), bytes];
  const note = signCheckpoint({
    origin: log.origin,
    size: 3,
    root: rootOf(entries.map(leafHash)),
    key: log.key,
  });
  assert.deepEqual(await said(log, await exportOf({ ...log, entries, notes: [note] })), [
    'entry-invalid 2 not-an-entry',
  ]);
});

test('a pinned key that is none is the fault of the caller', async () => {
  await assert.rejects(
    verifyExport([], { verifierKey: 'x' }),
    (error: unknown) => error instanceof EvidenceError,
  );
});

test('leaf hashes sent a second time do not replace the first ones', async () => {
  const log = makeLog({ size: 8 });
  const lines = withEntry(await exportOf(log), 2, forged);
  const [leaves] = withLeaves(lines, new Map([[2, leafHash(forged)]])).filter(
    ({ type }) => type === 'leaves',
  );
  assert.ok(leaves !== undefined);
  const at = lines.findIndex(({ type }) => type === 'entry');
  assert.deepEqual(await said(log, lines.toSpliced(at, 0, leaves)), ['changed 2', 'malformed leaves-start']);
});

test('a hash listed among unproven leaves does not make a forged entry a moved one', async () => {
  const log = makeLog({ size: 20, at: [10] });
  const lines = withEntry(withLeaves(await exportOf(log), new Map([[15, leafHash(forged)]])), 4, forged);
  const spoilt = withEntry(lines, 15, makeEntry('env_1', 'ent_forged', 'too'));
  assert.deepEqual(await said(log, spoilt), [
    'changed 4',
    'leaves-unauthentic 10-19 mismatch',
    'unproven 15',
  ]);
});

test('leaf hashes and entries tampered with in turns are each proven by the other', async () => {
  const log = makeLog({ size: 30, at: [10, 20] });
  const leaves = new Map([3, 25].map((index) => [index, leafHash(forged)]));
  const lines = withEntry(
    withLeaves(await exportOf(log), leaves),
    14,
    makeEntry('env_1', 'ent_forged', 'too'),
  );
  assert.deepEqual(await said(log, lines), [
    'changed 14',
    'leaves-unauthentic 25-25 replaced',
    'leaves-unauthentic 3-3 replaced',
  ]);
});

test('lines numbered anew are explained as far as the leaves are proven', async () => {
  const log = makeLog({ size: 14, at: [10] });
  const spoilt = withEntry(withLeaves(await exportOf(log), new Map([[13, leafHash(forged)]])), 13, forged);
  const renumbered = without(spoilt, (line) => line.type === 'entry' && line.index === 5).map((line) =>
    line.type === 'entry' && line.index > 5 ? { ...line, index: line.index - 1 } : line,
  );
  assert.deepEqual(await said(log, renumbered), [
    'added 9',
    'cut-off 13-13',
    'leaves-unauthentic 10-13 mismatch',
    'missing 5-5',
    'renumbered 5-8 at 6',
    'unproven 10',
    'unproven 11',
    'unproven 12',
  ]);
});
