export {
  type Checkpoint,
  type CheckpointRefusal,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './checkpoint/checkpoint.ts';
export {
  encodeVerifierKey,
  parseVerifierKey,
  type VerifierKey,
  type VerifierKeyRefusal,
} from './checkpoint/verifier-key.ts';
export {
  type Actor,
  type ActorKind,
  actorKinds,
  type Entry,
  encodeEntry,
  type Outcome,
  outcomes,
  parseEntry,
} from './entry.ts';
export { EvidenceError, type EvidenceErrorCode } from './evidence-error.ts';
export { type ExportSource, exportLines } from './export/export-lines.ts';
export { canonicalJson, type JsonArray, type JsonObject, type JsonValue } from './json.ts';
export { limits as evidenceLimits } from './limits.ts';
export { type ConsistencyClaim, consistencyProof, verifyConsistency } from './merkle/consistency.ts';
export { leafHash, nodeHash } from './merkle/hash.ts';
export { type InclusionClaim, inclusionProof, verifyInclusion } from './merkle/inclusion.ts';
export {
  appendLeaf,
  decodeFrontier,
  emptyTree,
  encodeFrontier,
  rootOf,
  type Tree,
  treeRoot,
} from './merkle/tree.ts';
export { describeProblem } from './verify/describe-problem.ts';
export type { Problem, ProblemKind, Report } from './verify/report.ts';
export { type VerifyOptions, verifyExport } from './verify/verify-export.ts';
