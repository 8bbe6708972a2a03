/**
 * The state of the tree when a writer opens a ledger. Normally: the tiles of the published checkpoint's tree, whose root
 * they must give, and the few blocks behind it replayed; constant work, whatever the size of the ledger. If there is no
 * checkpoint, or the right edge of its tiles is not there or not right, everything is replayed and the tiles made anew.
 *
 * The published checkpoint is the mark up to which tiles are durable: none is signed before the tiles of its tree are
 * fsynced. What lies behind it may be anything after a power cut, so it is not looked at but written again.
 */
import { Frontier, frontierNodes, nodesFromTiles, type TreeHasher } from '@cunzheng/merkle';
import { hashBlockHeader, parseBlockHeader, treeSizeAfter } from '../block-header.js';
import { type Block, type Chain, type ChainHead } from '../chain.js';
import { verifyEndOfBlock } from '../end-of-block.js';
import { LedgerError } from '../ledger-error.js';
import { verifyBlock } from '../verify-block.js';
import { type BlockStore } from './block-store.js';
import { type TreeHead } from './checkpoint-file.js';
import { layout } from './layout.js';
import { type RecoveryNotice } from './recover-segments.js';
import { treeSizeAfterFrame } from './segment-format.js';
import { readTileFile } from './tile-files.js';
import { type TileWriter } from './tile-writer.js';

export interface TreeContext {
  readonly dir: string;
  readonly chain: Chain;
  readonly store: BlockStore;
  readonly published: TreeHead | null;
  readonly tiles: TileWriter;
  readonly notify: (notice: RecoveryNotice) => void;
}

/**
 * The head of the chain that the segments have, all tiles of its tree being durable. Throws `ledger-damaged`, `io-fatal`,
 * and what blocks throw.
 */
export async function recoverTree(context: TreeContext): Promise<ChainHead | null> {
  const { chain, tiles } = context;
  const tip = await context.store.locateTip();
  let head = await loadPublished(context, tip === null ? 0 : treeSizeAfterFrame(tip));
  if (head === null) return rebuildTree(context);
  for await (const block of readBlocksAfter(context, head)) {
    const verified = verifyBlock(chain, head, block);
    await tiles.flush();
    tiles.begin(verified);
    ({ head } = verified);
  }
  await tiles.flush();
  await tiles.settle(head.treeSize);
  return head;
}

/** Replays the whole ledger and repairs every tile that is missing or wrong. Throws like {@link recoverTree}. */
export async function rebuildTree(context: TreeContext): Promise<ChainHead | null> {
  const { chain, dir, published, tiles } = context;
  let head: ChainHead | null = null;
  let repaired = 0;
  for await (const block of readBlocksAfter(context, null)) {
    if (head === null)
      context.notify({
        kind: 'tiles-rebuilding',
        message: `${dir}: replaying all blocks to check the tiles`,
      });
    const verified = verifyBlock(chain, head, block);
    repaired += await tiles.repair(verified);
    head = verified.head;
    if (published?.treeSize === head.treeSize) assertPublishedRoot(context, head.frontier.root());
  }
  // Of a published tree that the segments do not reach (any more) the tiles still answer.
  await tiles.settle(Math.max(head?.treeSize ?? 0, published?.treeSize ?? 0));
  if (head !== null)
    context.notify({
      kind: 'tiles-rebuilt',
      message: `${dir}: ${repaired} hashes in tiles were missing or wrong`,
    });
  return head;
}

/** The frontier of the tree of `treeSize`, from its tiles, which are believed. */
export async function loadFrontier(hasher: TreeHasher, dir: string, treeSize: number): Promise<Frontier> {
  const readNodes = nodesFromTiles(hasher, (tile) => readTileFile(dir, tile), treeSize);
  return Frontier.from(hasher, treeSize, await readNodes(frontierNodes(treeSize)));
}

/** The state at the published checkpoint, or null where that cannot be had from the tiles. */
async function loadPublished(context: TreeContext, treeSize: number): Promise<ChainHead | null> {
  const { chain, dir, published } = context;
  if (published === null || published.treeSize === 0 || published.treeSize > treeSize) return null;
  try {
    const frontier = await loadFrontier(chain.hasher, dir, published.treeSize);
    if (Buffer.compare(frontier.root(), published.rootHash) !== 0) return null;
    return await headAt(context, frontier);
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'tile-missing') return null;
    throw error;
  }
}

/** The head of the chain where the tree has the size of `frontier`. Throws `ledger-damaged` unless a block ends there. */
async function headAt({ chain, dir, store }: TreeContext, frontier: Frontier): Promise<ChainHead> {
  const { height } = await store.locateLeaf(frontier.size - 1);
  const block = await store.readBlock(height);
  const header = parseBlockHeader(block.header);
  if (treeSizeAfter(header) !== frontier.size) {
    const message = `${layout.checkpoint(dir)}: tree size ${frontier.size} is no end of a block`;
    throw new LedgerError('ledger-damaged', message, { place: { file: layout.checkpoint(dir), height } });
  }
  return {
    height,
    treeSize: frontier.size,
    headerHash: hashBlockHeader(chain.crypto, new TextEncoder().encode(block.header)),
    createdAt: header.createdAt,
    frontier,
    isClosed: verifyEndOfBlock(block, header),
  };
}

async function* readBlocksAfter({ store }: TreeContext, head: ChainHead | null): AsyncGenerator<Block> {
  const tip = await store.locateTip();
  if (tip === null) return;
  for (let height = head === null ? 0 : head.height + 1; height <= tip.height; height++)
    yield store.readBlock(height);
}

function assertPublishedRoot({ dir, published }: TreeContext, rootHash: Uint8Array): void {
  if (published === null || Buffer.compare(rootHash, published.rootHash) === 0) return;
  const file = layout.checkpoint(dir);
  const wayOut = 'one of the two is not of this ledger: compare both with the database and the witnesses';
  const message = `${file}: the blocks give another root hash for tree size ${published.treeSize}; ${wayOut}`;
  throw new LedgerError('ledger-damaged', message, { place: { file } });
}
