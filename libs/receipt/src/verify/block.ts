/**
 * Check 7, `block`: the block header is canonical and of this log, the record's leaf is one of its entries by index, and
 * the header's own entry, right after them, is proven under the same root. So the log signed the block and its time.
 */
import { type BlockHeader, computeEntry, EntryType, parseBlockHeader } from '@cunzheng/ledger';
import { verifyInclusion } from '@cunzheng/merkle';

import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type Receipt } from '../receipt/receipt.js';
import { type Checked, failed, passed } from './checked.js';
import { type VerifierContext } from './context.js';

const encoder = new TextEncoder();

export function checkBlock(
  { crypto, hasher }: VerifierContext,
  { block, inclusion }: Receipt,
  { origin, treeSize, rootHash }: Checkpoint,
): Checked<BlockHeader> {
  const header = parseBlockHeader(block.header);
  const { height, firstIndex, count, createdAt } = header;
  if (header.log !== origin)
    return failed('log-mismatch', `the block is of log ${header.log}, not of ${origin}`);
  const headerIndex = firstIndex + count;
  if (inclusion.leafIndex < firstIndex || inclusion.leafIndex >= headerIndex) {
    const range = `${firstIndex}…${headerIndex - 1}`;
    return failed(
      'leaf-outside-block',
      `leaf ${inclusion.leafIndex} is not among the entries ${range} of the block`,
    );
  }
  const entry = computeEntry(crypto, EntryType.block, encoder.encode(block.header));
  verifyInclusion(hasher, headerIndex, treeSize, hasher.hashLeaf(entry), block.hashes, rootHash);
  return passed({ height, firstIndex, count, createdAt }, header);
}
