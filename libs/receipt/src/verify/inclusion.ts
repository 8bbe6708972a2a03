/** Check 6, `inclusion`: the entry, computed anew from the record, is the leaf at its index under the checkpoint's root. */
import { computeEntry, EntryType } from '@cunzheng/ledger';
import { verifyInclusion } from '@cunzheng/merkle';

import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type Receipt } from '../receipt/receipt.js';
import { type Checked, passed } from './checked.js';
import { type VerifierContext } from './context.js';

const encoder = new TextEncoder();

export function checkInclusion(
  { crypto, hasher }: VerifierContext,
  { record, inclusion }: Receipt,
  { treeSize, rootHash }: Checkpoint,
): Checked<true> {
  const entry = computeEntry(crypto, EntryType.record, encoder.encode(record));
  const { leafIndex, hashes } = inclusion;
  verifyInclusion(hasher, leafIndex, treeSize, hasher.hashLeaf(entry), hashes, rootHash);
  return passed({ leafIndex, treeSize }, true);
}
