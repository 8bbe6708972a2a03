/** Proof verification on committed cases, made by `make-vectors.ts`; `UPDATE_VECTORS=1` writes them anew. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MerkleError, portableTreeHasher, verifyConsistency, verifyInclusion } from '@cunzheng/merkle';
import {
  type ConsistencyCase,
  type InclusionCase,
  makeConsistencyCases,
  makeInclusionCases,
} from './make-vectors.js';

const testdata = join(__dirname, '../testdata');
const outsideVectors = join(__dirname, '../../../../shared/vectors/rfc6962');

/** Cases of other implementations: the same contents under other names. */
interface OutsideCase {
  readonly case: string;
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly leafHash: string;
  readonly root: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
}

function readCases(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

/** Whether the proof is accepted; any failure must be a MerkleError. */
function holds(verify: () => void): boolean {
  try {
    verify();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(MerkleError);
    return false;
  }
}

const inclusionHolds = (c: InclusionCase): boolean =>
  holds(() => {
    const proof = c.proof.map(bytes);
    verifyInclusion(portableTreeHasher, c.leafIndex, c.treeSize, bytes(c.leafHash), proof, bytes(c.root));
  });

const consistencyHolds = (c: ConsistencyCase): boolean =>
  holds(() => {
    const proof = c.proof.map(bytes);
    verifyConsistency(portableTreeHasher, c.size1, c.size2, bytes(c.root1), bytes(c.root2), proof);
  });

if (process.env['UPDATE_VECTORS']) {
  writeFileSync(join(testdata, 'inclusion.json'), `${JSON.stringify(makeInclusionCases(), null, 1)}\n`);
  writeFileSync(join(testdata, 'consistency.json'), `${JSON.stringify(makeConsistencyCases(), null, 1)}\n`);
}

describe('committed vectors', () => {
  const inclusion = readCases(join(testdata, 'inclusion.json')) as InclusionCase[];
  const consistency = readCases(join(testdata, 'consistency.json')) as ConsistencyCase[];

  test('are what the naive tree gives', () => {
    expect(inclusion).toEqual(makeInclusionCases());
    expect(consistency).toEqual(makeConsistencyCases());
  });

  test.each(inclusion)('inclusion, $name', (c) => {
    expect(inclusionHolds(c)).toBe(c.holds);
  });

  test.each(consistency)('consistency, $name', (c) => {
    expect(consistencyHolds(c)).toBe(c.holds);
  });
});

if (existsSync(outsideVectors)) {
  describe('vectors of another implementation', () => {
    const inclusion = readCases(join(outsideVectors, 'inclusion.json')) as OutsideCase[];
    const consistency = readCases(join(outsideVectors, 'consistency.json')) as OutsideCase[];

    test.each(inclusion)('$case', (c) => {
      const { leafIdx: leafIndex, treeSize, leafHash, root, proof, wantErr } = c;
      const ours = { name: c.case, holds: !wantErr, leafIndex, treeSize, leafHash, root, proof: proof ?? [] };
      expect(inclusionHolds(ours)).toBe(!wantErr);
    });

    test.each(consistency)('$case', (c) => {
      const { size1, size2, root1, root2, proof, wantErr } = c;
      const ours = { name: c.case, holds: !wantErr, size1, size2, root1, root2, proof: proof ?? [] };
      expect(consistencyHolds(ours)).toBe(!wantErr);
    });
  });
}
