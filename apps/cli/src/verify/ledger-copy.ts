/**
 * A receipt against a full copy of its log, such as `cunzheng follow --mirror` keeps: the record's entry and its block
 * stand in the copy where the receipt says, and the copy's tree at the size of the receipt's checkpoint has its root. That the
 * copy is whole is for `cunzheng audit` to say.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, createChain, EntryType, LedgerError, parseBlockHeader } from '@cunzheng/ledger';
import { openLedgerReader, type LedgerReader } from '@cunzheng/ledger/node';
import {
  Frontier,
  frontierNodes,
  MerkleError,
  nodesFromTiles,
  verifyInclusion,
  type TreeHasher,
} from '@cunzheng/merkle';
import {
  encodeHex,
  parseCheckpoint,
  parseNote,
  parseReceipt,
  ReceiptError,
  type Receipt,
} from '@cunzheng/receipt';
import { findLedger } from '../audit/directory-source.js';

export interface CopyCheck {
  readonly dir: string;
  readonly status: 'passed' | 'failed' | 'not checked';
  /** What was found, in one line. */
  readonly message: string;
}

type CopyResult = Omit<CopyCheck, 'dir'>;

/** @throws CliError `file` when there is no ledger in `path`. */
export async function checkLedgerCopy(receipt: Uint8Array, path: string): Promise<CopyCheck> {
  const dir = await findLedger(path);
  const reader = await openLedgerReader({ dir });
  try {
    return { dir, ...(await compare(parseReceipt(receipt), reader)) };
  } catch (error) {
    if (error instanceof ReceiptError)
      return { dir, ...notChecked('the receipt or its checkpoint cannot be read') };
    if (error instanceof LedgerError || error instanceof MerkleError) {
      return { dir, ...notChecked(`the copy cannot be used, audit it: ${error.message}`) };
    }
    throw error;
  } finally {
    await reader.close();
  }
}

async function compare(receipt: Receipt, reader: LedgerReader): Promise<CopyResult> {
  const { origin, treeSize, rootHash } = parseCheckpoint(parseNote(receipt.checkpoint).text);
  const { log } = parseBlockHeader(await reader.readBlockHeader(0));
  if (log !== origin) return notChecked(`the copy is of the log ${log}, the receipt of ${origin}`);
  const { leafIndex } = receipt.inclusion;
  const tip = await reader.readTip();
  const copySize = tip === null ? 0 : tip.firstIndex + tip.count + 1;
  if (copySize < treeSize) {
    return notChecked(
      `the copy ends at tree size ${copySize}, the receipt's checkpoint is of ${treeSize}: bring it up to date`,
    );
  }
  if (leafIndex >= treeSize) return failed(`entry ${leafIndex} lies behind the receipt's checkpoint`);
  const { hasher } = createChain(nativeCrypto, origin);
  const root = await rootAt(reader, hasher, treeSize);
  if (Buffer.compare(root, rootHash) !== 0) {
    return failed(
      `the copy's root at tree size ${treeSize} is ${encodeHex(root)}, the receipt's checkpoint says ${encodeHex(rootHash)}: ` +
        'if both are signed by the log it forked, keep both as evidence',
    );
  }
  return await comparePlaces(receipt, reader, hasher, treeSize, root);
}

async function comparePlaces(
  { record, block, inclusion: { leafIndex } }: Receipt,
  reader: LedgerReader,
  hasher: TreeHasher,
  treeSize: number,
  root: Uint8Array,
): Promise<CopyResult> {
  const entry = await reader.readEntry(leafIndex);
  const want = computeEntry(nativeCrypto, EntryType.record, Buffer.from(record, 'utf8'));
  if (Buffer.compare(entry, want) !== 0)
    return failed(`the copy's entry ${leafIndex} is not that of the receipt's record`);
  const proof = await reader.computeInclusionProof(leafIndex, treeSize);
  verifyInclusion(hasher, leafIndex, treeSize, hasher.hashLeaf(entry), proof, root);
  const { height } = await reader.findBlock(leafIndex);
  if ((await reader.readBlockHeader(height)) !== block.header) {
    return failed(`the copy's block ${height}, which holds entry ${leafIndex}, is not the receipt's`);
  }
  const message = `entry ${leafIndex} stands in block ${height}, and the root at tree size ${treeSize} is the receipt's`;
  return { status: 'passed', message };
}

/** The root of the copy's tree, from its tiles. */
async function rootAt(reader: LedgerReader, hasher: TreeHasher, treeSize: number): Promise<Uint8Array> {
  const readNodes = nodesFromTiles(hasher, (tile) => reader.readTile(tile), treeSize);
  return Frontier.from(hasher, treeSize, await readNodes(frontierNodes(treeSize))).root();
}

const failed = (message: string): CopyResult => ({ status: 'failed', message });
const notChecked = (message: string): CopyResult => ({ status: 'not checked', message });
