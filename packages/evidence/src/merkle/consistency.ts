import { EvidenceError } from '../evidence-error.ts';
import { emptyRoot, hashBytes, nodeHash, sameHash } from './hash.ts';
import { splitPoint, subtreeRoot } from './subtree.ts';

/** What a consistency proof is checked with: an earlier tree, a later one. */
export type ConsistencyClaim = {
  readonly firstSize: number;
  readonly firstRoot: Uint8Array;
  readonly secondSize: number;
  readonly secondRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

/**
 * The proof that the tree over all leaf hashes only adds to the tree over the first of them: PROOF of RFC 6962
 * section 2.1.2. Empty for a first size of 0 or of the whole tree. Throws `argument-refused` for a size beyond the tree.
 * @example verifyConsistency({ firstSize, firstRoot, secondSize, secondRoot, proof: consistencyProof(leafHashes, firstSize) });
 */
export function consistencyProof(leafHashes: readonly Uint8Array[], firstSize: number): Uint8Array[] {
  if (!Number.isSafeInteger(firstSize) || firstSize < 0 || firstSize > leafHashes.length) {
    throw new EvidenceError('argument-refused', 'the first size is beyond the tree');
  }
  if (firstSize === 0 || firstSize === leafHashes.length) return [];
  const proof: Uint8Array[] = [];
  let start = 0;
  let end = leafHashes.length;
  while (firstSize !== end) {
    const middle = start + splitPoint(end - start);
    if (firstSize <= middle) {
      proof.push(subtreeRoot(leafHashes, middle, end));
      end = middle;
    } else {
      proof.push(subtreeRoot(leafHashes, start, middle));
      start = middle;
    }
  }
  // The subtree that ends the first tree; the verifier knows it already when it is the first tree itself.
  if (start > 0) proof.push(subtreeRoot(leafHashes, start, end));
  return proof.reverse();
}

/** Whether a proof shows the second tree to begin with the first: RFC 9162 section 2.1.4.2. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { firstSize, secondSize, firstRoot, secondRoot, proof } = claim;
  if (!Number.isSafeInteger(firstSize) || !Number.isSafeInteger(secondSize)) return false;
  if (firstSize < 0 || firstSize > secondSize) return false;
  if (firstRoot.length !== hashBytes || proof.some((node) => node.length !== hashBytes)) return false;
  if (firstSize === secondSize) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  // Every tree begins with the empty one.
  if (firstSize === 0) return proof.length === 0 && sameHash(firstRoot, emptyRoot);

  let position = firstSize - 1;
  let last = secondSize - 1;
  while (position % 2 === 1) {
    position = (position - 1) / 2;
    last = Math.floor(last / 2);
  }
  const nodes = position === 0 ? [firstRoot, ...proof] : proof;
  const [seed, ...siblings] = nodes;
  if (seed === undefined) return false;
  let first = seed;
  let second = seed;
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      first = nodeHash(sibling, first);
      second = nodeHash(sibling, second);
      while (position % 2 === 0 && position > 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      second = nodeHash(second, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameHash(first, firstRoot) && sameHash(second, secondRoot);
}
