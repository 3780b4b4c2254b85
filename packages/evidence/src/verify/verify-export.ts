import { parseVerifierKey, type VerifierKey } from '../checkpoint/verifier-key.ts';
import { EvidenceError } from '../evidence-error.ts';
import { type HeaderLine, type Line, parseLine } from '../export/line.ts';
import { limits } from '../limits.ts';
import { createEntryList, type EntryList } from './entry-list.ts';
import { createHeads, type Heads } from './heads.ts';
import { judge } from './judge.ts';
import { createLeafList, type LeafList } from './leaf-list.ts';
import { createProblemList, type ProblemList } from './problem-list.ts';
import type { MalformedReason, Report } from './report.ts';

export type VerifyOptions = {
  /** The key the log is known to sign with; without it the one in the export counts, and proves only consistency. */
  readonly verifierKey?: string;
  /** Checkpoints seen before, from outside the export: only they show a tail cut off together with its checkpoints. */
  readonly knownCheckpoints?: readonly string[];
  /** Index of the first entry that must be there, 0 unless given; later ones where earlier entries were expired. */
  readonly from?: number;
  /** Bound of the list of problems, `limits.problemsDefault` unless given. */
  readonly maxProblems?: number;
};

/**
 * Verifies an export line by line and names every entry that was changed, left out, moved, put in or cut off.
 * Holds 32 bytes and a few bits per leaf, never an entry. No line makes it throw, whatever it holds; it throws
 * `key-refused` for a `verifierKey` that is none, and passes on errors of the source of lines.
 * @example
 * const report = await verifyExport(createInterface({ input: createReadStream(file) }), { verifierKey });
 * if (!report.ok) for (const problem of report.problems) console.log(describeProblem(problem));
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  options: VerifyOptions = {},
): Promise<Report> {
  const pinned = readPinnedKey(options.verifierKey);
  const reader = createReader({ ...options, pinned });
  let number = 0;
  for await (const text of lines) {
    number++;
    // An empty line is what splitting leaves behind the last newline.
    if (text !== '' && text !== '\n') reader.take(text.endsWith('\n') ? text.slice(0, -1) : text, number);
  }
  return reader.finish();
}

type PinnedKey = { readonly text: string; readonly key: VerifierKey };

function readPinnedKey(text: string | undefined): PinnedKey | null {
  if (text === undefined) return null;
  const key = parseVerifierKey(text);
  if (!key.ok) throw new EvidenceError('key-refused', `the verifier key is refused: ${key.reason}`);
  return { text, key };
}

// Lines come in this order of kinds.
const ranks = Object.freeze({ export: 0, checkpoint: 1, leaves: 2, entry: 3 });

/** Steps through the parts of an export in their order; each part is opened once the one before it is complete. */
function createReader(options: VerifyOptions & { readonly pinned: PinnedKey | null }) {
  const problems = createProblemList(Math.max(1, options.maxProblems ?? limits.problemsDefault));
  const malformed = (line: number, reason: MalformedReason): void =>
    problems.add({ kind: 'malformed', line, reason });
  let rank = -1;
  let header: HeaderLine | null = null;
  const open = once((): Opened => openExport({ ...options, header, problems }));
  const leaves = once((): LeafList => createLeafList(open().heads.sorted(), problems));
  const entries = once(
    (): EntryList =>
      createEntryList({
        leaves: leaves().hashes,
        provenSize: leaves().proven().size,
        boundaries: new Set(
          open()
            .heads.sorted()
            .map(({ size }) => size),
        ),
        environment: open().environment,
        problems,
      }),
  );

  const takeLine = (line: Line, number: number): void => {
    switch (line.type) {
      case 'export':
        header = line;
        break;
      case 'checkpoint':
        open().heads.add(line.note, { source: 'export', line: number });
        break;
      case 'leaves':
        leaves().take(line, number);
        break;
      case 'entry':
        entries().take(line, number);
        break;
    }
  };

  return {
    take(text: string, number: number): void {
      const parsed = parseLine(text);
      if (!parsed.ok) {
        malformed(number, parsed.reason);
        return;
      }
      const own = ranks[parsed.line.type];
      if (rank < 0 && own > 0) malformed(number, 'no-header');
      if (own < rank || (own === 0 && rank === 0)) malformed(number, 'out-of-place');
      else {
        rank = own;
        takeLine(parsed.line, number);
      }
    },
    finish(): Report {
      if (rank < 0) malformed(1, 'no-header');
      return judge({ ...options, ...open(), header, leaves: leaves(), entries: entries(), problems });
    },
  };
}

type Opened = {
  readonly heads: Heads;
  readonly environment: string | null;
  readonly origin: string | null;
  readonly verifierKey: string | null;
};

function openExport(options: {
  readonly header: HeaderLine | null;
  readonly pinned: PinnedKey | null;
  readonly knownCheckpoints?: readonly string[];
  readonly problems: ProblemList;
}): Opened {
  const { header, pinned, problems } = options;
  const stated = header === null ? null : parseVerifierKey(header.verifierKey);
  const key = pinned?.key ?? (stated?.ok === true ? stated : null);
  if (header !== null) {
    if (stated?.ok === false) problems.add({ kind: 'malformed', line: 1, reason: 'key-malformed' });
    if (!header.origin.endsWith(`/${header.environment}`)) {
      problems.add({ kind: 'malformed', line: 1, reason: 'origin-not-of-environment' });
    }
    if (key !== null && key.name !== header.origin) {
      problems.add({ kind: 'malformed', line: 1, reason: 'key-not-of-origin' });
    }
  }
  const heads = createHeads(key, problems);
  for (const [position, note] of (options.knownCheckpoints ?? []).entries()) {
    heads.add(note, { source: 'known', line: position + 1 });
  }
  return {
    heads,
    environment: header?.environment ?? null,
    origin: header?.origin ?? key?.name ?? null,
    verifierKey: pinned?.text ?? header?.verifierKey ?? null,
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
