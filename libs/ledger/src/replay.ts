/**
 * Replays a ledger: every block checked against the head before it. This is the whole audit of the chain; whoever also
 * compares `head.frontier.root()` with the signed checkpoints has audited the tree.
 */
import { type Block, type Chain, type ChainHead, type VerifiedBlock } from './chain.js';
import { verifyBlock } from './verify-block.js';

/**
 * Verifies `blocks` in order, starting after `head` (null: at block 0), and yields each; the last one's `head` is the
 * state reached. Throws what `verifyBlock` throws for the first block that does not fit.
 */
export async function* replay(
  chain: Chain,
  head: ChainHead | null,
  blocks: AsyncIterable<Block> | Iterable<Block>,
): AsyncGenerator<VerifiedBlock, void> {
  let current = head;
  for await (const block of blocks) {
    const next = verifyBlock(chain, current, block);
    yield next;
    current = next.head;
  }
}
