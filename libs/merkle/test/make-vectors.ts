/**
 * Proof verification cases made with the naive tree: for each of some trees the true proof and every way of bending it
 * that an attacker would try. `testdata/` holds the result for other implementations to use.
 */
import {
  naiveConsistencyProof,
  naiveInclusionProof,
  naiveLeafHash,
  naiveRoot,
  numberedLeaves,
  sha256,
} from './naive-tree.js';

export interface InclusionCase {
  readonly name: string;
  readonly holds: boolean;
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly leafHash: string;
  readonly root: string;
  readonly proof: readonly string[];
}

export interface ConsistencyCase {
  readonly name: string;
  readonly holds: boolean;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[];
}

/** 2^64 − 1 as JSON.parse reads it: no safe integer. */
const WRAPPED_MINUS_ONE = 2 ** 64;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const garbage = base64(sha256(new TextEncoder().encode('garbage')));
const emptyRoot = base64(sha256());

const inclusionTrees = [
  [0, 1],
  [0, 2],
  [5, 8],
  [2, 3],
  [1, 5],
  [6, 7],
  [10, 11],
  [300, 1000],
] as const;

const consistencyTrees = [
  [1, 1],
  [1, 2],
  [6, 8],
  [4, 8],
  [2, 5],
  [6, 7],
  [8, 11],
  [300, 1000],
] as const;

export function makeInclusionCases(): InclusionCase[] {
  return inclusionTrees.flatMap(([leafIndex, treeSize]) => {
    const leaves = numberedLeaves(treeSize);
    return inclusionVariants({
      name: `leaf ${leafIndex} of ${treeSize}`,
      holds: true,
      leafIndex,
      treeSize,
      leafHash: base64(leaves[leafIndex]!),
      root: base64(naiveRoot(leaves)),
      proof: naiveInclusionProof(leafIndex, leaves).map(base64),
    });
  });
}

function inclusionVariants(good: InclusionCase): InclusionCase[] {
  const bad = (what: string, change: Partial<InclusionCase>): InclusionCase => ({
    ...good,
    ...change,
    name: `${good.name}: ${what}`,
    holds: false,
  });
  const { leafIndex, treeSize } = good;
  return [
    good,
    ...[leafIndex ^ 2, leafIndex ^ 1, leafIndex + treeSize, -1, 0.5, WRAPPED_MINUS_ONE]
      .filter((index) => index !== leafIndex)
      .map((index) => bad(`leaf index ${index}`, { leafIndex: index })),
    ...[2 * treeSize, Math.floor(treeSize / 2), leafIndex, 0, WRAPPED_MINUS_ONE]
      .filter((size) => size !== treeSize && !sameShape(leafIndex, treeSize, size))
      .map((size) => bad(`tree size ${size}`, { treeSize: size })),
    bad('another leaf', { leafHash: base64(naiveLeafHash(Uint8Array.of(1))) }),
    bad('no leaf hash', { leafHash: '' }),
    bad('another root', { root: garbage }),
    bad('empty root', { root: emptyRoot }),
    bad('no root', { root: '' }),
    ...proofVariants(good.proof, [good.root, garbage, '']).map(([what, proof]) => bad(what, { proof })),
  ];
}

/** Whether a leaf has the very same way to the root in trees of two sizes: then a proof cannot tell them apart. */
function sameShape(leafIndex: number, size1: number, size2: number): boolean {
  const way = (size: number): string => {
    const turns: string[] = [];
    for (
      let [index, last] = [leafIndex, size - 1];
      last > 0;
      index = Math.floor(index / 2), last = Math.floor(last / 2)
    ) {
      if (index % 2 === 1) turns.push('left');
      else if (index < last) turns.push('right');
    }
    return turns.join();
  };
  return leafIndex < size2 && Number.isSafeInteger(size2) && way(size1) === way(size2);
}

export function makeConsistencyCases(): ConsistencyCase[] {
  return consistencyTrees.flatMap(([size1, size2]) => {
    const leaves = numberedLeaves(size2);
    return consistencyVariants({
      name: `${size1} to ${size2}`,
      holds: true,
      size1,
      size2,
      root1: base64(naiveRoot(leaves.slice(0, size1))),
      root2: base64(naiveRoot(leaves)),
      proof: naiveConsistencyProof(size1, leaves).map(base64),
    });
  });
}

function consistencyVariants(good: ConsistencyCase): ConsistencyCase[] {
  const bad = (what: string, change: Partial<ConsistencyCase>): ConsistencyCase => ({
    ...good,
    ...change,
    name: `${good.name}: ${what}`,
    holds: false,
  });
  const { size1, size2, root1, root2 } = good;
  return [
    good,
    ...[0, -1, size2 + 1, 0.5, WRAPPED_MINUS_ONE].map((size) => bad(`first size ${size}`, { size1: size })),
    ...[size1 - 1, 0, -1, WRAPPED_MINUS_ONE].map((size) => bad(`second size ${size}`, { size2: size })),
    bad('another first root', { root1: garbage }),
    bad('another second root', { root2: garbage }),
    bad('no first root', { root1: '' }),
    bad('no second root', { root2: '' }),
    ...(root1 === root2 ? [] : [bad('roots swapped', { root1: root2, root2: root1 })]),
    ...proofVariants(good.proof, [root1, root2, garbage, '']).map(([what, proof]) => bad(what, { proof })),
  ];
}

/** Every bent form of a proof: cut, padded at either end, reordered, one bit changed, one element cut short. */
function proofVariants(
  proof: readonly string[],
  extras: readonly string[],
): (readonly [string, readonly string[]])[] {
  const variants: [string, readonly string[]][] = [];
  for (const extra of extras) {
    variants.push([`proof begins with ${extra || 'nothing'}`, [extra, ...proof]]);
    variants.push([`proof ends with ${extra || 'nothing'}`, [...proof, extra]]);
  }
  if (proof.length > 0) {
    variants.push(
      ['no proof', []],
      ['proof cut at the end', proof.slice(0, -1)],
      ['proof cut at the front', proof.slice(1)],
    );
  }
  if (proof.length > 1) variants.push(['proof reversed', proof.toReversed()]);
  proof.forEach((element, i) => {
    variants.push([`bit changed in element ${i}`, proof.with(i, flipBit(element))]);
    variants.push([
      `element ${i} cut short`,
      proof.with(i, base64(Buffer.from(element, 'base64').subarray(1))),
    ]);
    variants.push([`element ${i} twice`, proof.toSpliced(i, 0, element)]);
  });
  return variants;
}

function flipBit(element: string): string {
  const bytes = Buffer.from(element, 'base64');
  bytes[7]! ^= 0x10;
  return base64(bytes);
}
