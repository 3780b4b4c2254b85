// No line makes the verifier throw, no line escapes it, and no line makes it claim memory that the input does not have.
// Trap: a crafted input never ends the process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evidenceLimits, exportLines, leafHash, signCheckpoint, verifyExport } from '../index.ts';
import { exportOf, makeLog, summary, textsOf } from './log.fixture.ts';

const log = makeLog({ size: 12, at: [4, 8] });
const texts = [...textsOf(await exportOf(log))];
const options = { verifierKey: log.verifierKey };

test('nothing, and nothing but empty lines, is not an export', async () => {
  for (const lines of [[], [''], ['\n', '\n']]) {
    assert.deepEqual(summary(await verifyExport(lines)), ['checkpoint-missing', 'malformed no-header']);
  }
});

test('each malformed line is named by its number and its reason', async () => {
  const malformed: readonly (readonly [string, string])[] = [
    ['{', 'not-json'],
    ['\u0000', 'not-json'],
    ['null', 'not-a-line'],
    ['[]', 'not-a-line'],
    ['{}', 'not-a-line'],
    ['{"type":"other"}', 'not-a-line'],
    ['{"type":"entry","index":0}', 'not-a-line'],
    ['{"type":"entry","index":-1,"entry":""}', 'not-a-line'],
    ['{"type":"entry","index":0.5,"entry":""}', 'not-a-line'],
    ['{"type":"entry","index":1e400,"entry":""}', 'not-a-line'],
    ['{"type":"entry","index":9007199254740992,"entry":""}', 'not-a-line'],
    ['{"type":"entry","index":0,"entry":"A"}', 'not-a-line'],
    ['{"type":"entry","index":0,"entry":"AB=="}', 'not-a-line'],
    ['{"type":"entry","index":0,"entry":"AA=="} ', 'not-canonical'],
    ['{"type":"entry","index":0,"index":0,"entry":"AA=="}', 'not-canonical'],
    ['{"type":"entry","index":0,"entry":"AA==","more":1}', 'not-canonical'],
    ['{"index":0,"type":"entry","entry":"AA=="}', 'not-canonical'],
    ['{"type":"leaves","start":0,"hashes":[]}', 'not-a-line'],
    ['{"type":"leaves","start":0,"hashes":["AA=="]}', 'not-a-line'],
    [`{"type":"leaves","start":0,"hashes":[${'"",'.repeat(1_024)}""]}`, 'not-a-line'],
    ['{"type":"checkpoint","note":1}', 'not-a-line'],
    [texts[0] ?? '', 'out-of-place'],
    [texts[1] ?? '', 'out-of-place'],
    ['{"type":"export","version":2}', 'not-a-line'],
    ['['.repeat(200_000), 'not-json'],
    ['x'.repeat(evidenceLimits.lineCharactersMax + 1), 'too-long'],
  ];
  for (const [line, reason] of malformed) {
    const report = await verifyExport([...texts, line], options);
    assert.deepEqual(
      report.problems,
      [{ kind: 'malformed', line: texts.length + 1, reason }],
      line.slice(0, 80),
    );
  }
});

test('malformed checkpoints are named with their reason', async () => {
  const note = (text: string): string => JSON.stringify({ type: 'checkpoint', note: text });
  for (const text of ['', '\n\n', 'x', (log.notes[0] ?? '').slice(0, -1), '\ud800']) {
    const report = await verifyExport([...texts.slice(0, 1), note(text), ...texts.slice(1)], options);
    assert.deepEqual(report.problems, [
      { kind: 'checkpoint-invalid', source: 'export', line: 2, reason: 'malformed' },
    ]);
  }
});

test('a line taken out, doubled, or spoilt anywhere: never a throw, never ok', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(texts.length - 1),
      fc.nat(),
      fc.string({ unit: 'binary', maxLength: 3 }),
      async (at, place, put) => {
        const line = texts[at] ?? '';
        const cut = place % line.length;
        const spoilt = line.slice(0, cut) + put + line.slice(cut + 1);
        for (const lines of [
          texts.with(at, spoilt),
          texts.toSpliced(at, 0, spoilt),
          texts.toSpliced(at, 0, line),
        ]) {
          const report = await verifyExport(lines, options);
          // Saying a signed checkpoint twice, or a line put in that is empty, takes nothing away from the log.
          const isHarmless =
            spoilt === '' || line.startsWith('{"type":"checkpoint"') || lines.join() === texts.join();
          assert.ok(!report.ok || isHarmless, spoilt);
        }
      },
    ),
    { seed: 500, numRuns: 300 },
  );
});

test('lines in any order and any number: never a throw', async () => {
  const line = fc.oneof(fc.constantFrom(...texts), fc.string(), fc.json());
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 40 }), fc.boolean(), async (lines, isPinned) => {
      const report = await verifyExport(lines, isPinned ? options : {});
      assert.equal(report.ok, report.problems.length === 0);
    }),
    { seed: 501, numRuns: 200 },
  );
});

test('made-up numbers claim no memory', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const far = Number.MAX_SAFE_INTEGER;
  const root = Buffer.alloc(32, 1);
  const note = signCheckpoint({ origin: log.origin, size: far, root, key: log.key });
  const hostile = [
    ...texts.slice(0, 4),
    JSON.stringify({ type: 'checkpoint', note }),
    ...texts.slice(4),
    `{"type":"entry","index":${far},"entry":"AA=="}`,
    `{"type":"entry","index":${far - 1},"entry":"AQ=="}`,
    `{"type":"entry","index":${2 ** 40},"entry":"Ag=="}`,
    `{"type":"entry","index":${2 ** 23},"entry":"Aw=="}`,
  ];
  const leavesAt = (start: number): string =>
    JSON.stringify({ type: 'leaves', start, hashes: [root.toString('base64')] });
  await verifyExport(hostile, options);
  const report = await verifyExport(
    [...texts.slice(0, 4), leavesAt(far - 1), leavesAt(2 ** 26), leavesAt(evidenceLimits.leavesGapMax + 1)],
    options,
  );
  assert.deepEqual(
    summary(report).filter((text) => text.startsWith('malformed')),
    ['malformed too-many', 'malformed too-many', 'malformed too-many'],
  );
  assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1_048_576);
});

test('the exporter refuses sources that do not hold what it announces', async () => {
  const source = {
    environment: log.environment,
    origin: log.origin,
    verifierKey: log.verifierKey,
    size: 12,
    checkpoints: log.notes,
    leafHashes: log.entries.map(leafHash),
    entries: log.entries.map((bytes, index) => ({ index, bytes })),
  };
  const all = (over: Partial<typeof source>) => Array.fromAsync(exportLines({ ...source, ...over }));
  assert.equal((await all({})).length, texts.length);
  await assert.rejects(all({ leafHashes: source.leafHashes.slice(1) }), /leaf hashes/);
  await assert.rejects(all({ leafHashes: [Buffer.alloc(31)] }), /32 bytes/);
  await assert.rejects(all({ entries: source.entries.slice(0, -1) }), /entry 11 is missing/);
  await assert.rejects(all({ entries: source.entries.toSpliced(3, 1) }), /entry 3 is missing/);
});
