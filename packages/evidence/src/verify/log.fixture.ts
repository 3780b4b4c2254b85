import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { encodeLine, type Line, parseLine } from '../export/line.ts';
import {
  appendLeaf,
  emptyTree,
  encodeEntry,
  encodeVerifierKey,
  exportLines,
  leafHash,
  type Problem,
  type Report,
  signCheckpoint,
  treeRoot,
} from '../index.ts';

/** A small log as the gateway keeps it, for tests. */
export type Log = {
  readonly environment: string;
  readonly origin: string;
  readonly key: KeyObject;
  readonly verifierKey: string;
  readonly entries: readonly Uint8Array[];
  readonly notes: readonly string[];
};

const pair = generateKeyPairSync('ed25519');

/** Logs `size` entries, with a checkpoint at each of the sizes given and at the end. */
export function makeLog(options: {
  readonly size: number;
  readonly at?: readonly number[];
  readonly environment?: string;
  readonly salt?: string;
}): Log {
  const { size, at = [], environment = 'env_1', salt = '' } = options;
  const origin = `sallyport/${environment}`;
  const sizes = new Set([...at.filter((head) => head <= size), size]);
  const entries: Uint8Array[] = [];
  const notes: string[] = [];
  let tree = emptyTree();
  const sign = (): void => {
    const time = new Date(Date.UTC(2026, 0, 1) + tree.size * 1_000).toISOString();
    if (sizes.has(tree.size))
      notes.push(
        signCheckpoint({ origin, size: tree.size, root: treeRoot(tree), key: pair.privateKey, time }),
      );
  };
  sign();
  for (let index = 0; index < size; index++) {
    const bytes = makeEntry(environment, `ent_${index}`, salt);
    entries.push(bytes);
    tree = appendLeaf(tree, leafHash(bytes));
    sign();
  }
  const verifierKey = encodeVerifierKey({ name: origin, key: pair.publicKey });
  return { environment, origin, key: pair.privateKey, verifierKey, entries, notes };
}

export function makeEntry(environment: string, id: string, salt = ''): Uint8Array {
  return encodeEntry({
    version: 1,
    id,
    time: '2026-01-01T00:00:00.000Z',
    environment,
    action: 'key.create',
    actor: { kind: 'system', id: null },
    resource: null,
    outcome: 'success',
    address: null,
    agent: null,
    request: null,
    details: { salt },
  });
}

/** The honest export of a log, as lines taken apart. */
export async function exportOf(log: Log): Promise<Line[]> {
  const lines: Line[] = [];
  const texts = exportLines({
    environment: log.environment,
    origin: log.origin,
    verifierKey: log.verifierKey,
    size: log.entries.length,
    checkpoints: log.notes,
    leafHashes: log.entries.map(leafHash),
    entries: log.entries.map((bytes, index) => ({ index, bytes })),
  });
  for await (const text of texts) {
    const parsed = parseLine(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    lines.push(parsed.line);
  }
  return lines;
}

export function* textsOf(lines: Iterable<Line>): Generator<string, void, undefined> {
  for (const line of lines) yield encodeLine(line);
}

/** Problems without what does not matter for the place: one short text each. */
export function summary(report: Report): string[] {
  return report.problems.map(summarise).sort();
}

function summarise(problem: Problem): string {
  switch (problem.kind) {
    case 'missing':
    case 'cut-off':
      return `${problem.kind} ${problem.index}-${problem.through}`;
    case 'leaves-unauthentic':
      return `${problem.kind} ${problem.index}-${problem.through} ${problem.reason}`;
    case 'reordered':
    case 'renumbered':
      return `${problem.kind} ${problem.index}-${problem.through} at ${problem.belongsAt}`;
    case 'duplicated':
      return `${problem.kind} ${problem.index} of ${problem.original}`;
    case 'checkpoint-invalid':
    case 'malformed':
      return `${problem.kind} ${problem.reason}`;
    case 'checkpoint-inconsistent':
      return `${problem.kind} ${problem.source} ${problem.size} against ${problem.against}`;
    case 'checkpoint-missing':
      return problem.kind;
    case 'entry-invalid':
      return `${problem.kind} ${problem.index} ${problem.reason}`;
    default:
      return `${problem.kind} ${problem.index}`;
  }
}
