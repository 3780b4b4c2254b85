// The tree hashes as RFC 6962 says; every true proof verifies and no altered one does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  appendLeaf,
  consistencyProof,
  decodeFrontier,
  EvidenceError,
  emptyTree,
  encodeFrontier,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => Buffer.from(text, 'hex');

// The leaves, roots and proofs of the certificate-transparency reference implementation.
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => leafHash(unhex(text)));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('leaves and nodes hash under different prefixes', () => {
  assert.equal(
    hex(leafHash(unhex('00'))),
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  );
  assert.equal(hex(leafHash(new Uint8Array(0))), roots[1]);
  assert.equal(hex(nodeHash(Buffer.from('N123'.padEnd(32, ' ')), Buffer.alloc(32))).length, 64);
});

test('roots are those of the reference implementation, whole and appended', () => {
  let tree = emptyTree();
  for (const [size, root] of roots.entries()) {
    assert.equal(hex(rootOf(leaves.slice(0, size))), root);
    assert.equal(hex(treeRoot(tree)), root);
    const next = leaves[size];
    if (next !== undefined) tree = appendLeaf(tree, next);
  }
});

test('proofs are those of the reference implementation', () => {
  assert.deepEqual(inclusionProof(leaves, 0).map(hex), [
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ]);
  assert.deepEqual(consistencyProof(leaves.slice(0, 5), 2).map(hex), [
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  ]);
  assert.deepEqual(consistencyProof(leaves.slice(0, 7), 6).map(hex), [
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
});

const sized = fc.integer({ min: 1, max: 130 }).map((size) => ({
  hashes: Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`leaf ${index}`))),
  size,
}));
const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
};
const flipOne = (proof: readonly Uint8Array[], which: number, bit: number): Uint8Array[] =>
  proof.map((node, index) => (index === which % proof.length ? flip(node, bit) : node));

test('every inclusion proof verifies, every altered one fails', () => {
  fc.assert(
    fc.property(sized, fc.nat(), fc.nat(), fc.nat(255), ({ hashes, size }, at, which, bit) => {
      const index = at % size;
      const [leaf] = hashes.slice(index);
      assert.ok(leaf !== undefined);
      const claim = {
        index,
        size,
        leafHash: leaf,
        proof: inclusionProof(hashes, index),
        root: rootOf(hashes),
      };
      assert.ok(verifyInclusion(claim));
      assert.ok(!verifyInclusion({ ...claim, leafHash: flip(leaf, bit) }));
      assert.ok(!verifyInclusion({ ...claim, root: flip(claim.root, bit) }));
      assert.ok(!verifyInclusion({ ...claim, proof: [...claim.proof, leaf] }));
      assert.ok(!verifyInclusion({ ...claim, index: size }));
      if (claim.proof.length > 0) {
        assert.ok(!verifyInclusion({ ...claim, proof: flipOne(claim.proof, which, bit) }));
        assert.ok(!verifyInclusion({ ...claim, proof: claim.proof.slice(0, -1) }));
        assert.ok(!verifyInclusion({ ...claim, proof: claim.proof.slice(1) }));
        assert.ok(!verifyInclusion({ ...claim, index: (index + 1) % size }));
      }
    }),
    { seed: 6962, numRuns: 200 },
  );
});

test('every consistency proof verifies, every altered one fails', () => {
  fc.assert(
    fc.property(sized, fc.nat(), fc.nat(), fc.nat(255), ({ hashes, size }, at, which, bit) => {
      const firstSize = at % (size + 1);
      const claim = {
        firstSize,
        firstRoot: rootOf(hashes.slice(0, firstSize)),
        secondSize: size,
        secondRoot: rootOf(hashes),
        proof: consistencyProof(hashes, firstSize),
      };
      assert.ok(verifyConsistency(claim));
      assert.ok(!verifyConsistency({ ...claim, firstRoot: flip(claim.firstRoot, bit) }));
      assert.ok(!verifyConsistency({ ...claim, proof: [...claim.proof, claim.secondRoot] }));
      assert.ok(!verifyConsistency({ ...claim, firstSize: size + 1 }));
      // Nothing about the later tree follows from the empty one.
      if (firstSize > 0) assert.ok(!verifyConsistency({ ...claim, secondRoot: flip(claim.secondRoot, bit) }));
      if (claim.proof.length > 0) {
        assert.ok(!verifyConsistency({ ...claim, proof: flipOne(claim.proof, which, bit) }));
        assert.ok(!verifyConsistency({ ...claim, proof: claim.proof.slice(0, -1) }));
        assert.ok(!verifyConsistency({ ...claim, proof: claim.proof.slice(1) }));
      }
    }),
    { seed: 6962, numRuns: 200 },
  );
});

test('any tree survives being written and read, and grows on to the same root', () => {
  fc.assert(
    fc.property(sized, fc.nat(), ({ hashes, size }, at) => {
      const cut = at % (size + 1);
      const before = hashes.slice(0, cut).reduce(appendLeaf, emptyTree());
      const after = hashes.slice(cut).reduce(appendLeaf, decodeFrontier(encodeFrontier(before)));
      assert.equal(hex(treeRoot(after)), hex(rootOf(hashes)));
      assert.equal(before.size, cut);
    }),
    { seed: 6962 },
  );
});

test('bytes that are no tree are refused', () => {
  const bytes = encodeFrontier(leaves.reduce(appendLeaf, emptyTree()));
  const refused = (error: unknown): boolean =>
    error instanceof EvidenceError && error.code === 'frontier-refused';
  for (const spoilt of [
    new Uint8Array(0),
    bytes.slice(1),
    bytes.slice(0, -1),
    bytes.slice(0, 8),
    Buffer.concat([bytes, Buffer.alloc(32)]),
    Buffer.alloc(8, 0xff),
  ]) {
    assert.throws(() => decodeFrontier(spoilt), refused);
  }
  assert.throws(() => appendLeaf(emptyTree(), Buffer.alloc(31)), EvidenceError);
});
