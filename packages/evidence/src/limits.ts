/** The bounds of the format, in one place; writers keep them and readers refuse what is beyond. */
export const limits = Object.freeze({
  /** Nesting of a JSON value, so that no crafted value exhausts the stack. */
  jsonDepthMax: 64,
  /** One encoded entry. */
  entryBytesMax: 1_048_576,
  /** Texts of an entry: id, environment, action, actor, resource, address, agent, request. */
  entryTextCharactersMax: 2_048,
  /** One signed checkpoint with all its signature lines. */
  checkpointCharactersMax: 65_536,
  /** Signature lines of one note; the signed-note specification asks for at least 16. */
  signaturesMax: 64,
  /** Leaf hashes in one line of an export. */
  leavesPerLineMax: 1_024,
  /** One line of an export: the largest entry in base64, and what surrounds it. */
  lineCharactersMax: 1_400_000,
  /** Checkpoints of one export that the verifier keeps. */
  checkpointsMax: 1_000_000,
  /** Leaf hashes that the verifier keeps: 4 GiB. */
  leavesMax: 134_217_728,
  /** Leaf hashes missing from the middle of a list that the verifier leaves room for, in all. */
  leavesGapMax: 1_048_576,
  /** Entries (or runs of neighbours) out of place that are explained one by one. */
  misfitsMax: 65_536,
  /** Runs of lines whose order is compared. */
  runsMax: 65_536,
  /** Steps of one look-up of a hash, so that crafted hashes cannot make it slow. */
  probesMax: 256,
  /** Problems in a report, unless the caller says otherwise. */
  problemsDefault: 1_000,
});
