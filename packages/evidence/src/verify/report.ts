import type { CheckpointRefusal } from '../checkpoint/checkpoint.ts';
import type { LineRefusal } from '../export/line.ts';

/** What a verification found. `ok` is true exactly when there are no problems. */
export type Report = {
  readonly ok: boolean;
  readonly environment: string | null;
  readonly origin: string | null;
  /** The key the checkpoints were checked with, and whether the caller gave it. */
  readonly verifierKey: string | null;
  readonly keyPinned: boolean;
  /** Leaves that the export says it has. */
  readonly size: number;
  /** Leaves that a signed checkpoint proves. */
  readonly proven: number;
  /** Entry lines read. */
  readonly entries: number;
  /** Checkpoints in the export whose signature holds. */
  readonly checkpoints: number;
  /** Sorted by kind and index; no more than `maxProblems`, with at least one of each kind that occurs. */
  readonly problems: readonly Problem[];
  /** What the reader must know to rely on the result, in sentences. */
  readonly notes: readonly string[];
};

/**
 * One thing wrong with an export. `index` and `through` are indices of leaves, the last included; `line` counts from 1.
 * `id` is what the entry at hand calls itself, which nothing proves; null when it cannot be read.
 */
export type Problem =
  /** The entry is not the one that was logged at this index. */
  | { readonly kind: 'changed'; readonly index: number; readonly id: string | null; readonly line: number }
  /** No line holds these entries. */
  | { readonly kind: 'missing'; readonly index: number; readonly through: number }
  /** The export ends before the log does. */
  | {
      readonly kind: 'cut-off';
      readonly index: number;
      readonly through: number;
      readonly shownBy: CutShownBy;
    }
  /**
   * The line numbered `index` holds the entry of index `belongsAt` (a run of both up to `through`);
   * where both are the same the number is right and the line stands in the wrong place.
   */
  | {
      readonly kind: 'reordered' | 'renumbered';
      readonly index: number;
      readonly through: number;
      readonly belongsAt: number;
      readonly id: string | null;
      readonly line: number;
    }
  /** An entry that the log does not have. */
  | { readonly kind: 'added'; readonly index: number; readonly id: string | null; readonly line: number }
  /** An entry of the log once more. */
  | {
      readonly kind: 'duplicated';
      readonly index: number;
      readonly original: number;
      readonly id: string | null;
      readonly line: number;
    }
  /** Logged so, but not an entry of this environment. */
  | {
      readonly kind: 'entry-invalid';
      readonly index: number;
      readonly line: number;
      readonly reason: EntryFault;
    }
  /** Entry and leaf hash differ, and no checkpoint proves either. */
  | { readonly kind: 'unproven'; readonly index: number; readonly id: string | null; readonly line: number }
  | {
      readonly kind: 'leaves-unauthentic';
      readonly index: number;
      readonly through: number;
      readonly reason: LeavesFault;
    }
  | {
      readonly kind: 'checkpoint-invalid';
      readonly source: CheckpointSource;
      /** Line of the export, or position in the list of known checkpoints; both count from 1. */
      readonly line: number;
      readonly reason: CheckpointRefusal | 'no-key';
    }
  /** Signed, and yet not the head of the log that the checkpoint of size `against` is the head of. */
  | {
      readonly kind: 'checkpoint-inconsistent';
      readonly source: CheckpointSource;
      readonly line: number;
      readonly size: number;
      readonly against: number;
    }
  /** Nothing in the export is signed. */
  | { readonly kind: 'checkpoint-missing' }
  | { readonly kind: 'malformed'; readonly line: number; readonly reason: MalformedReason };

export type ProblemKind = Problem['kind'];
export type CutShownBy = 'leaves' | 'header' | CheckpointSource;
export type CheckpointSource = 'export' | 'known';
export type EntryFault = 'not-an-entry' | 'another-environment';
export type LeavesFault =
  /** They do not give the root of the next checkpoint: changed somewhere in this range. */
  | 'mismatch'
  /** No checkpoint reaches so far. */
  | 'uncovered'
  /** They are wrong or absent, and the entries themselves give the signed root: the entries are genuine. */
  | 'replaced';
export type MalformedReason =
  | LineRefusal
  | 'no-header'
  | 'out-of-place'
  | 'origin-not-of-environment'
  | 'key-not-of-origin'
  | 'key-malformed'
  | 'size'
  | 'leaves-start'
  | 'too-many';

/** The order in which problems are listed: what makes others doubtful comes first. */
export const problemKinds: readonly ProblemKind[] = Object.freeze([
  'malformed',
  'checkpoint-missing',
  'checkpoint-invalid',
  'checkpoint-inconsistent',
  'leaves-unauthentic',
  'cut-off',
  'changed',
  'missing',
  'reordered',
  'added',
  'duplicated',
  'renumbered',
  'unproven',
  'entry-invalid',
]);
