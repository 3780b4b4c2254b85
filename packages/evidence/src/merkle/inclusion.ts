import { EvidenceError } from '../evidence-error.ts';
import { hashBytes, nodeHash, sameHash } from './hash.ts';
import { splitPoint, subtreeRoot } from './subtree.ts';

/** What an inclusion proof is checked with. */
export type InclusionClaim = {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
};

/**
 * The audit path that proves one leaf to be in the tree: PATH of RFC 6962 section 2.1.1, nearest sibling first.
 * Throws `argument-refused` for an index outside the tree.
 * @example verifyInclusion({ index, size, leafHash, root, proof: inclusionProof(leafHashes, index) });
 */
export function inclusionProof(leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leafHashes.length) {
    throw new EvidenceError('argument-refused', 'the index is outside the tree');
  }
  const proof: Uint8Array[] = [];
  let start = 0;
  let end = leafHashes.length;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      proof.push(subtreeRoot(leafHashes, middle, end));
      end = middle;
    } else {
      proof.push(subtreeRoot(leafHashes, start, middle));
      start = middle;
    }
  }
  return proof.reverse();
}

/** Whether a proof shows a leaf to be in the tree of that size and root: RFC 9162 section 2.1.3.2. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, size, proof } = claim;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (claim.leafHash.length !== hashBytes || proof.some((node) => node.length !== hashBytes)) return false;
  let position = index;
  let last = size - 1;
  let node = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      node = nodeHash(sibling, node);
      // A node without a right sibling is carried up unhashed.
      while (position % 2 === 0 && position > 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(node, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameHash(node, claim.root);
}
