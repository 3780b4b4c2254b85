import { EvidenceError } from '../evidence-error.ts';
import { emptyRoot, hashBytes, nodeHash } from './hash.ts';

/**
 * All that appending needs of a Merkle tree: its size and the roots of its perfect subtrees, widest first,
 * one for each bit set in the size.
 */
export type Tree = { readonly size: number; readonly frontier: readonly Uint8Array[] };

const sizeBytes = 8;

/** The tree without leaves. */
export function emptyTree(): Tree {
  return { size: 0, frontier: [] };
}

/**
 * The tree with one more leaf; the given tree stays as it is.
 * Throws `argument-refused` for a hash that is not 32 bytes long.
 * @example const root = treeRoot(appendLeaf(emptyTree(), leafHash(bytes)));
 */
export function appendLeaf(tree: Tree, leaf: Uint8Array): Tree {
  checkHash(leaf);
  const frontier = tree.frontier.slice();
  let node = leaf;
  // Two perfect subtrees of one width become one, as carrying does in binary addition.
  // Division, not shifts: sizes go past 2^32.
  for (let rest = tree.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    const left = frontier.pop();
    if (left === undefined) throw new EvidenceError('argument-refused', 'the frontier does not fit the size');
    node = nodeHash(left, node);
  }
  frontier.push(node);
  return { size: tree.size + 1, frontier };
}

/** The root of a tree: 32 bytes, RFC 6962 section 2.1. */
export function treeRoot(tree: Tree): Uint8Array {
  return (
    tree.frontier.reduceRight<Uint8Array | null>(
      (right, left) => (right === null ? left : nodeHash(left, right)),
      null,
    ) ?? emptyRoot
  );
}

/** The root over leaf hashes. */
export function rootOf(leafHashes: Iterable<Uint8Array>): Uint8Array {
  let tree = emptyTree();
  for (const leaf of leafHashes) tree = appendLeaf(tree, leaf);
  return treeRoot(tree);
}

/**
 * Writes a tree as bytes to keep: the size as 8 bytes, big-endian, then the frontier.
 * @example decodeFrontier(encodeFrontier(tree)).size === tree.size;
 */
export function encodeFrontier(tree: Tree): Uint8Array {
  checkShape(tree);
  const size = Buffer.alloc(sizeBytes);
  size.writeBigUInt64BE(BigInt(tree.size));
  return Buffer.concat([size, ...tree.frontier]);
}

/** Reads what `encodeFrontier` wrote; throws `frontier-refused` for any other bytes. */
export function decodeFrontier(bytes: Uint8Array): Tree {
  const buffer = Buffer.from(bytes);
  if (buffer.length < sizeBytes || buffer.length % hashBytes !== sizeBytes) throw refused();
  const size = Number(buffer.readBigUInt64BE(0));
  const frontier: Uint8Array[] = [];
  for (let offset = sizeBytes; offset < buffer.length; offset += hashBytes) {
    frontier.push(buffer.subarray(offset, offset + hashBytes));
  }
  const tree = { size, frontier };
  checkShape(tree);
  return tree;
}

function checkShape(tree: Tree): void {
  if (!Number.isSafeInteger(tree.size) || tree.size < 0) throw refused();
  const bits = tree.size.toString(2).replaceAll('0', '').length;
  if (tree.frontier.length !== bits || tree.frontier.some((node) => node.length !== hashBytes))
    throw refused();
}

function checkHash(leaf: Uint8Array): void {
  if (leaf.length !== hashBytes)
    throw new EvidenceError('argument-refused', 'a leaf hash is not 32 bytes long');
}

function refused(): EvidenceError {
  return new EvidenceError('frontier-refused', 'the frontier does not fit the size');
}
