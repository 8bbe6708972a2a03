/** Proofs against the naive tree, and in trees so large that 32-bit arithmetic or rounding would show. */
import fc from 'fast-check';
import {
  computeConsistencyProof,
  computeInclusionProof,
  consistencyProofNodes,
  inclusionProofNodes,
  type NodeId,
  portableTreeHasher as hasher,
  rootFromInclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '@cunzheng/merkle';
import {
  naiveConsistencyProof,
  naiveInclusionProof,
  naiveNode,
  naiveRoot,
  numberedLeaves,
} from './naive-tree.js';
import { code } from './error-code.js';
import { SparseTree } from './sparse-tree.js';

const leaves = numberedLeaves(3000);
const readNodes = (ids: readonly NodeId[]): Promise<Uint8Array[]> =>
  Promise.resolve(ids.map(({ level, index }) => naiveNode(leaves, level, index)));

async function checkInclusion(leafIndex: number, treeSize: number): Promise<void> {
  const tree = leaves.slice(0, treeSize);
  const proof = await computeInclusionProof(hasher, leafIndex, treeSize, readNodes);
  expect(proof).toEqual(naiveInclusionProof(leafIndex, tree));
  const leafHash = tree[leafIndex]!;
  expect(rootFromInclusionProof(hasher, leafIndex, treeSize, leafHash, proof)).toEqual(naiveRoot(tree));
  verifyInclusion(hasher, leafIndex, treeSize, leafHash, proof, naiveRoot(tree));
}

async function checkConsistency(size1: number, size2: number): Promise<void> {
  const tree = leaves.slice(0, size2);
  const proof = await computeConsistencyProof(hasher, size1, size2, readNodes);
  expect(proof).toEqual(naiveConsistencyProof(size1, tree));
  verifyConsistency(hasher, size1, size2, naiveRoot(tree.slice(0, size1)), naiveRoot(tree), proof);
}

describe('every proof of every tree up to 34 leaves', () => {
  test('inclusion', async () => {
    for (let size = 1; size <= 34; size++) {
      for (let index = 0; index < size; index++) await checkInclusion(index, size);
    }
  });

  test('consistency', async () => {
    for (let size2 = 1; size2 <= 34; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) await checkConsistency(size1, size2);
    }
  });
});

describe('trees up to 3000 leaves', () => {
  const pair = fc
    .integer({ min: 1, max: 3000 })
    .chain((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.constant(size)));

  test('inclusion', async () => {
    await fc.assert(
      fc.asyncProperty(pair, ([index, size]) => checkInclusion(index, size)),
      { numRuns: 40 },
    );
  });

  test('consistency', async () => {
    await fc.assert(
      fc.asyncProperty(pair, ([index, size]) => checkConsistency(index + 1, size)),
      { numRuns: 40 },
    );
  });

  test('a proof for one leaf proves no other', async () => {
    await fc.assert(
      fc.asyncProperty(pair, fc.nat({ max: 2999 }), async ([index, size], other) => {
        fc.pre(other !== index && other < size);
        const proof = await computeInclusionProof(hasher, index, size, readNodes);
        const root = naiveRoot(leaves.slice(0, size));
        const claims = [
          [other, leaves[index]!],
          [index, leaves[other]!],
        ] as const;
        for (const [claimed, leafHash] of claims) {
          expect(() => {
            verifyInclusion(hasher, claimed, size, leafHash, proof, root);
          }).toThrow(expect.objectContaining({ name: 'MerkleError' }) as Error);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('trees up to 2^53−1 leaves', () => {
  const near = fc
    .tuple(
      fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52, 2 ** 53 - 3000),
      fc.integer({ min: -2000, max: 2000 }),
    )
    .map(([base, offset]) => base + offset);
  const sizeAndIndex = fc.tuple(near, fc.oneof(near, fc.nat({ max: 5000 })));
  const reader = (tree: SparseTree) => (ids: readonly NodeId[]) =>
    Promise.resolve(
      ids.map(({ level, index }) => tree.rangeHash(index * 2 ** level, (index + 1) * 2 ** level)),
    );

  test('inclusion', async () => {
    await fc.assert(
      fc.asyncProperty(sizeAndIndex, near, async ([size, index], other) => {
        fc.pre(index < size);
        const tree = new SparseTree([index, other, index + 1, 7]);
        const proof = await computeInclusionProof(hasher, index, size, reader(tree));
        verifyInclusion(hasher, index, size, tree.leafHash(index), proof, tree.rangeHash(0, size));
      }),
    );
  });

  test('consistency', async () => {
    await fc.assert(
      fc.asyncProperty(sizeAndIndex, near, async ([size2, size1], other) => {
        fc.pre(size1 > 0 && size1 <= size2);
        const tree = new SparseTree([size1 - 1, size1, other, 7]);
        const [root1, root2] = [tree.rangeHash(0, size1), tree.rangeHash(0, size2)];
        const proof = await computeConsistencyProof(hasher, size1, size2, reader(tree));
        verifyConsistency(hasher, size1, size2, root1, root2, proof);
      }),
    );
  });

  test('the first and the last leaf of the largest tree', async () => {
    const size = 2 ** 53 - 1;
    const tree = new SparseTree([0, size - 1]);
    for (const index of [0, size - 1]) {
      const proof = await computeInclusionProof(hasher, index, size, reader(tree));
      expect(proof).toHaveLength(index === 0 ? 53 : 52);
      verifyInclusion(hasher, index, size, tree.leafHash(index), proof, tree.rangeHash(0, size));
    }
  });
});

describe('preconditions', () => {
  const hash = new Uint8Array(32);

  test.each([-1, 5, 6, 0.5, NaN, Infinity, 2 ** 64])('leaf index %d of 5', (index) => {
    expect(() => inclusionProofNodes(index, 5)).toThrow(code('index-out-of-range'));
    expect(() => rootFromInclusionProof(hasher, index, 5, hash, [])).toThrow(code('index-out-of-range'));
  });

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53, 2 ** 64])('tree size %d', (size) => {
    expect(() => inclusionProofNodes(0, size)).toThrow(code('size-out-of-range'));
    expect(() => rootFromInclusionProof(hasher, 0, size, hash, [])).toThrow(code('size-out-of-range'));
    expect(() => consistencyProofNodes(1, size)).toThrow(code('size-out-of-range'));
    expect(() => consistencyProofNodes(size, 2 ** 53 - 1)).toThrow(code('size-out-of-range'));
  });

  test('no leaf is in an empty tree', () => {
    expect(() => rootFromInclusionProof(hasher, 0, 0, hash, [])).toThrow(code('index-out-of-range'));
  });

  test('consistency wants 0 < size1 ≤ size2', () => {
    for (const [size1, size2] of [
      [0, 0],
      [0, 1],
      [2, 1],
    ] as const) {
      expect(() => consistencyProofNodes(size1, size2)).toThrow(code('size-out-of-range'));
      expect(() => {
        verifyConsistency(hasher, size1, size2, hash, hash, []);
      }).toThrow(code('size-out-of-range'));
    }
  });

  test('each failure has its code', () => {
    const verify = (proof: Uint8Array[], root = hash) => {
      verifyInclusion(hasher, 0, 2, hash, proof, root);
    };
    expect(() => {
      verify([hash, hash]);
    }).toThrow(code('proof-length'));
    expect(() => {
      verify([new Uint8Array(31)]);
    }).toThrow(code('hash-size'));
    expect(() => {
      verify([hash], new Uint8Array(0));
    }).toThrow(code('hash-size'));
    expect(() => {
      verify([hash]);
    }).toThrow(code('root-mismatch'));
    expect(() => {
      verifyConsistency(hasher, 1, 2, hash, hash, [hash]);
    }).toThrow(code('root-mismatch'));
    expect(() => {
      verifyConsistency(hasher, 1, 2, hash, hash, []);
    }).toThrow(code('proof-length'));
  });

  test('a source that answers with too few or wrong nodes', async () => {
    const few = () => Promise.resolve([]);
    const short = (ids: readonly NodeId[]) => Promise.resolve(ids.map(() => new Uint8Array(31)));
    await expect(computeInclusionProof(hasher, 0, 5, few)).rejects.toThrow(code('hash-count'));
    await expect(computeConsistencyProof(hasher, 3, 5, short)).rejects.toThrow(code('hash-size'));
  });
});
