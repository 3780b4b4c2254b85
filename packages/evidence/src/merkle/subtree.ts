import { emptyRoot, nodeHash } from './hash.ts';

/** The root over a stretch of leaf hashes, `end` excluded: MTH of RFC 6962 section 2.1. */
export function subtreeRoot(leafHashes: readonly Uint8Array[], start: number, end: number): Uint8Array {
  const [only] = leafHashes.slice(start, start + 1);
  if (only === undefined || end <= start) return emptyRoot;
  if (end - start === 1) return only;
  const middle = start + splitPoint(end - start);
  return nodeHash(subtreeRoot(leafHashes, start, middle), subtreeRoot(leafHashes, middle, end));
}

/** The largest power of two smaller than a size of at least two. */
export function splitPoint(size: number): number {
  let width = 1;
  while (width * 2 < size) width *= 2;
  return width;
}
