/** Hashes, roots and the frontier: published values, then the naive tree. */
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  computeRoot,
  createTreeHasher,
  Frontier,
  frontierNodes,
  portableTreeHasher as hasher,
  type TreeHasher,
} from '@cunzheng/merkle';
import { code } from './error-code.js';
import { naiveLeafHash, naiveNode, naiveNodeHash, naiveRoot, numberedLeaves } from './naive-tree.js';
import { SparseTree } from './sparse-tree.js';

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The eight leaf inputs that implementations of RFC 6962 share, and the roots over the first 0…8 of them. */
const publishedLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(fromHex);
const publishedRoots = [
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

describe('published roots', () => {
  const leafHashes = publishedLeaves.map((leaf) => hasher.hashLeaf(leaf));

  test.each(publishedRoots.map((root, size) => [size, root] as const))('of size %i', (size, root) => {
    expect(toHex(computeRoot(hasher, leafHashes.slice(0, size)))).toBe(root);
    const frontier = Frontier.empty(hasher);
    for (const leafHash of leafHashes.slice(0, size)) frontier.append(leafHash);
    expect(toHex(frontier.root())).toBe(root);
  });
});

describe('hasher', () => {
  const native = createTreeHasher((data) => new Uint8Array(createHash('sha256').update(data).digest()));
  const hashers: [string, TreeHasher][] = [
    ['portable', hasher],
    ['injected', native],
  ];

  test.each(hashers)('%s hashes leaves of every length, also one after the other', (_, h) => {
    for (const size of [0, 1, 68, 68, 0, 1023, 1024, 1025, 1, 70_000, 68]) {
      const entry = new Uint8Array(randomBytes(size));
      expect(h.hashLeaf(entry)).toEqual(naiveLeafHash(entry));
    }
  });

  test.each(hashers)('%s keeps results apart', (_, h) => {
    const [a, b] = [h.hashLeaf(Uint8Array.of(1)), h.hashLeaf(Uint8Array.of(2))];
    const [ab, ba] = [h.hashChildren(a, b), h.hashChildren(b, a)];
    expect([ab, ba]).toEqual([naiveNodeHash(a, b), naiveNodeHash(b, a)]);
  });

  test('refuses children that are not 32 bytes', () => {
    const good = new Uint8Array(32);
    for (const bad of [new Uint8Array(31), new Uint8Array(33), new Uint8Array(0), 'x'.repeat(32) as never]) {
      expect(() => hasher.hashChildren(bad, good)).toThrow(code('hash-size'));
      expect(() => hasher.hashChildren(good, bad)).toThrow(code('hash-size'));
    }
  });
});

describe('root', () => {
  test('is the naive root for every size up to 300', () => {
    const leaves = numberedLeaves(300);
    for (let size = 0; size <= leaves.length; size++) {
      expect(computeRoot(hasher, leaves.slice(0, size))).toEqual(naiveRoot(leaves.slice(0, size)));
    }
  });

  test('is the naive root for sizes up to 3000', () => {
    const leaves = numberedLeaves(3000);
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 3000 }), (size) => {
        expect(computeRoot(hasher, leaves.slice(0, size))).toEqual(naiveRoot(leaves.slice(0, size)));
      }),
      { numRuns: 40 },
    );
  });

  test('leaves its input alone and shares no memory with it', () => {
    const leaves = numberedLeaves(5);
    const before = leaves.map(toHex);
    const root = computeRoot(hasher, leaves.slice(0, 1));
    root.fill(0);
    computeRoot(hasher, leaves);
    expect(leaves.map(toHex)).toEqual(before);
  });

  test.each([1, 2, 3, 5])('refuses a wrong hash in the last of %i leaves', (size) => {
    const leaves = [...numberedLeaves(size - 1), new Uint8Array(31)];
    expect(() => computeRoot(hasher, leaves)).toThrow(code('hash-size'));
  });
});

describe('frontier', () => {
  test('agrees with the naive tree after every append', () => {
    const leaves = numberedLeaves(520);
    const frontier = Frontier.empty(hasher);
    leaves.forEach((leaf, i) => {
      frontier.append(leaf);
      const soFar = leaves.slice(0, i + 1);
      expect(frontier.size).toBe(i + 1);
      expect(frontier.root()).toEqual(naiveRoot(soFar));
      expect(frontier.hashes).toEqual(
        frontierNodes(i + 1).map(({ level, index }) => naiveNode(soFar, level, index)),
      );
    });
  });

  test('goes on from its hashes as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 300 }), (size, more) => {
        const leaves = numberedLeaves(size + more);
        const before = Frontier.empty(hasher);
        for (const leaf of leaves.slice(0, size)) before.append(leaf);
        const after = Frontier.from(hasher, before.size, before.hashes);
        for (const leaf of leaves.slice(size)) after.append(leaf);
        expect(after.root()).toEqual(naiveRoot(leaves));
        expect(before.size).toBe(size);
      }),
      { numRuns: 30 },
    );
  });

  test('hashes about once per leaf', () => {
    let count = 0;
    const counting = {
      ...hasher,
      hashChildren: (l: Uint8Array, r: Uint8Array) => (count++, hasher.hashChildren(l, r)),
    };
    const frontier = Frontier.empty(counting);
    for (const leaf of numberedLeaves(1024)) frontier.append(leaf);
    expect(count).toBe(1023);
  });

  test('clones are independent, and lists it hands out are copies', () => {
    const [a, b, c] = numberedLeaves(3) as [Uint8Array, Uint8Array, Uint8Array];
    const frontier = Frontier.empty(hasher);
    frontier.append(a);
    const clone = frontier.clone();
    clone.append(b);
    (frontier.hashes as Uint8Array[]).push(c);
    const given = [c];
    const from = Frontier.from(hasher, 1, given);
    given.push(a);
    expect(from.hashes).toEqual([c]);
    expect([frontier.size, clone.size]).toEqual([1, 2]);
    expect(frontier.root()).toEqual(a);
    expect(clone.root()).toEqual(naiveRoot([a, b]));
    frontier.root().fill(0);
    expect(frontier.root()).toEqual(naiveRoot(numberedLeaves(1)));
  });

  test.each([2 ** 31 - 1, 2 ** 32 - 1, 2 ** 40 - 1, 2 ** 40 + 12345, 2 ** 53 - 2])(
    'counts on past %i leaves',
    (size) => {
      const tree = new SparseTree([size - 1, size]);
      const hashes = frontierNodes(size).map(({ level, index }) =>
        tree.rangeHash(index * 2 ** level, (index + 1) * 2 ** level),
      );
      const frontier = Frontier.from(hasher, size, hashes);
      expect(frontier.root()).toEqual(tree.rangeHash(0, size));
      frontier.append(tree.leafHash(size));
      expect(frontier.size).toBe(size + 1);
      expect(frontier.hashes).toHaveLength(frontierNodes(size + 1).length);
      expect(frontier.root()).toEqual(tree.rangeHash(0, size + 1));
    },
  );

  test('stops at 2^53−1 leaves', () => {
    const hash = new Uint8Array(32);
    const full = Frontier.from(hasher, 2 ** 53 - 1, new Array<Uint8Array>(53).fill(hash));
    expect(() => {
      full.append(hash);
    }).toThrow(code('size-out-of-range'));
    expect(full.size).toBe(2 ** 53 - 1);
  });

  test('refuses impossible states', () => {
    const hash = new Uint8Array(32);
    for (const size of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => Frontier.from(hasher, size, [hash])).toThrow(code('size-out-of-range'));
    }
    expect(() => Frontier.from(hasher, 2, [hash, hash])).toThrow(code('hash-count'));
    expect(() => Frontier.from(hasher, 3, [hash])).toThrow(code('hash-count'));
    expect(() => Frontier.from(hasher, 1, [new Uint8Array(31)])).toThrow(code('hash-size'));
    expect(() => {
      Frontier.empty(hasher).append(new Uint8Array(33));
    }).toThrow(code('hash-size'));
  });
});
