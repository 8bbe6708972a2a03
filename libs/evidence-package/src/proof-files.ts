/**
 * A receipt taken apart, so that an expert needs no program of ours: every byte string that is hashed or signed is a file
 * of its own. `inclusion-00.bin` … are the preimages of the hashes on the way from the leaf to the root, 01 ‖ left ‖ right
 * (RFC 6962 §2.1): the hash of each stands in the next, and that of the last is the root in the checkpoint.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { computeEntry, EntryType, parseBlockHeader, treeSizeAfter } from '@cunzheng/ledger';
import { createTreeHasher, rootFromInclusionProof, type TreeHasher } from '@cunzheng/merkle';
import {
  checkDisclosures,
  computePae,
  decodeBase64,
  parseCheckpoint,
  parseEnvelope,
  parseNote,
  parseRecord,
  type Receipt,
} from '@cunzheng/receipt';

export interface InclusionFiles {
  /** 00 ‖ entry. */
  readonly leaf: Uint8Array;
  /** 01 ‖ left ‖ right, from the leaf to the root. */
  readonly steps: readonly Uint8Array[];
}

export interface SignedStatement {
  readonly payload: Uint8Array;
  /** What was signed. */
  readonly pae: Uint8Array;
  readonly signatures: readonly {
    readonly alg: string;
    readonly signature: Uint8Array;
    /** DER SubjectPublicKeyInfo, if the receipt shows it. */
    readonly key: Uint8Array | undefined;
  }[];
}

export interface ProofFiles {
  readonly record: InclusionFiles;
  readonly header: InclusionFiles;
  readonly statement: SignedStatement | undefined;
}

const encoder = new TextEncoder();

export function takeApart(crypto: CryptoSuite, receipt: Receipt): ProofFiles {
  const { treeSize } = parseCheckpoint(parseNote(receipt.checkpoint).text);
  const headerIndex = treeSizeAfter(parseBlockHeader(receipt.block.header)) - 1;
  const entryOf = (type: 0 | 1, body: string): Uint8Array => computeEntry(crypto, type, encoder.encode(body));
  const path = (entry: Uint8Array, index: number, proof: readonly Uint8Array[]): InclusionFiles =>
    tracePath(crypto, entry, index, treeSize, proof);
  return {
    record: path(
      entryOf(EntryType.record, receipt.record),
      receipt.inclusion.leafIndex,
      receipt.inclusion.hashes,
    ),
    header: path(entryOf(EntryType.block, receipt.block.header), headerIndex, receipt.block.hashes),
    statement: readStatement(crypto, receipt),
  };
}

/** Folds the proof with a hasher that keeps what it is given. */
function tracePath(
  crypto: CryptoSuite,
  entry: Uint8Array,
  leafIndex: number,
  treeSize: number,
  proof: readonly Uint8Array[],
): InclusionFiles {
  const hasher = createTreeHasher((data) => crypto.digest('sha-256').hash(data));
  const steps: Uint8Array[] = [];
  const recording: TreeHasher = {
    ...hasher,
    emptyRoot: () => hasher.emptyRoot(),
    hashLeaf: (leaf) => hasher.hashLeaf(leaf),
    hashChildren(left, right) {
      steps.push(concat([Uint8Array.of(1), left, right]));
      return hasher.hashChildren(left, right);
    },
  };
  rootFromInclusionProof(recording, leafIndex, treeSize, hasher.hashLeaf(entry), proof);
  return { leaf: concat([Uint8Array.of(0), entry]), steps };
}

function readStatement(crypto: CryptoSuite, receipt: Receipt): SignedStatement | undefined {
  const shown = checkDisclosures(crypto, parseRecord(receipt.record), receipt.disclosures);
  if (shown.envelope === undefined) return undefined;
  const { payload, statement, signatures } = parseEnvelope(shown.envelope);
  return {
    payload,
    pae: computePae(payload),
    signatures: statement.signers.map(({ alg }, index) => {
      const key = shown.signers[index]?.key;
      return {
        alg,
        signature: signatures[index]?.sig ?? new Uint8Array(),
        key: key === undefined ? undefined : decodeBase64(key),
      };
    }),
  };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
