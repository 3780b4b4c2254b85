import type { HeaderLine } from '../export/line.ts';
import type { EntryList } from './entry-list.ts';
import type { Head, Heads } from './heads.ts';
import type { LeafList } from './leaf-list.ts';
import { writeNotes } from './notes.ts';
import { placeEntries } from './place-entries.ts';
import type { ProblemList } from './problem-list.ts';
import type { CutShownBy, Report } from './report.ts';
import { settle } from './settle.ts';

/** Everything read; what remains is to say what follows from it. */
export type Evidence = {
  readonly header: HeaderLine | null;
  readonly environment: string | null;
  readonly origin: string | null;
  readonly verifierKey: string | null;
  readonly pinned: object | null;
  readonly from?: number;
  readonly knownCheckpoints?: readonly string[];
  readonly heads: Heads;
  readonly leaves: LeafList;
  readonly entries: EntryList;
  readonly problems: ProblemList;
};

/** Draws the report from a complete reading. */
export function judge(evidence: Evidence): Report {
  const { header, entries, problems } = evidence;
  const heads = evidence.heads.sorted();
  const leaves = evidence.leaves.hashes;
  const start = evidence.leaves.proven();
  const settled = settle({ heads, start, leaves, entries: entries.hashes });
  const { proven } = settled;
  const available = Math.max(leaves.length(), proven);
  const claim = largestClaim(heads, header);

  const rest = judgeHeads({ heads, proven, available, problems });
  const tail = placeEntries({
    entries,
    leaves,
    settled,
    provenByLeaves: start.size,
    from: evidence.from ?? 0,
    available,
    claimed: Math.max(available, heads.at(-1)?.size ?? 0),
    problems,
  });
  const end = Math.max(available, claim.size);
  const cutFrom = tail?.index ?? available;
  if (cutFrom < end) {
    const shownBy = claim.size > available ? claim.by : 'leaves';
    problems.add({ kind: 'cut-off', index: cutFrom, through: end - 1, shownBy });
  }
  if (header !== null && header.size < available)
    problems.add({ kind: 'malformed', line: 1, reason: 'size' });

  return {
    ok: problems.count() === 0,
    environment: evidence.environment,
    origin: evidence.origin,
    verifierKey: evidence.verifierKey,
    keyPinned: evidence.pinned !== null,
    size: header?.size ?? available,
    proven,
    entries: entries.count(),
    checkpoints: heads.filter(({ source }) => source === 'export').length,
    problems: problems.list(),
    notes: writeNotes({ ...evidence, sorted: heads, proven, available, uncheckedFrom: rest }),
  };
}

/** The largest size that anything claims, a signature before the header. */
function largestClaim(
  heads: readonly Head[],
  header: HeaderLine | null,
): { readonly size: number; readonly by: CutShownBy } {
  const size = heads.at(-1)?.size ?? 0;
  if (header !== null && header.size > size) return { size: header.size, by: 'header' };
  const isOwn = heads.some((head) => head.size === size && head.source === 'export');
  return { size, by: isOwn ? 'export' : 'known' };
}

/** Says what the checkpoints that the leaves don't agree with mean; returns where leaves begin that nothing can check. */
function judgeHeads(options: {
  readonly heads: readonly Head[];
  readonly proven: number;
  readonly available: number;
  readonly problems: ProblemList;
}): number | null {
  const { heads, proven, available, problems } = options;
  if (heads.length === 0) problems.add({ kind: 'checkpoint-missing' });
  const unmatched = heads.filter(({ matched }) => !matched);
  for (const { source, line, size } of unmatched.filter((head) => head.size <= proven)) {
    problems.add({ kind: 'checkpoint-inconsistent', source, line, size, against: proven });
  }
  if (available <= proven) return null;
  const firstBad = unmatched.find(({ size }) => size > proven && size <= available);
  const end = firstBad?.size ?? available;
  const reason = firstBad === undefined ? 'uncovered' : 'mismatch';
  problems.add({ kind: 'leaves-unauthentic', index: proven, through: end - 1, reason });
  return end < available ? end : null;
}
