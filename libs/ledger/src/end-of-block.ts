/**
 * Events that speak of where their block ends: `key-change` and `close` say the tree size there, and after a `close`
 * comes nothing, neither an entry nor a block. Rules: docs/formats/event.md.
 */
import { type BlockHeader, treeSizeAfter } from './block-header.js';
import { type Block } from './chain.js';
import { parseCloseEvent } from './events/close.js';
import { parseEvent } from './events/event.js';
import { parseKeyChangeEvent } from './events/key-change.js';
import { LedgerError } from './ledger-error.js';

/**
 * Whether the block closes its log. Throws `last-size-mismatch` where an event says another tree size than that at the
 * block's end, `log-closed` for an entry after a `close`, `event-invalid` for one of these kinds that is none.
 */
export function verifyEndOfBlock({ bodies }: Block, header: BlockHeader): boolean {
  const { height, count } = header;
  const treeSize = treeSizeAfter(header);
  let isClosed = false;
  for (const { ordinal, body } of bodies) {
    const event = readEnding(body);
    if (event === undefined) continue;
    if (event.lastSize !== treeSize) {
      throw new LedgerError(
        'last-size-mismatch',
        `block ${height}: ${event.event} says that it ends at tree size ${event.lastSize}, it ends at ${treeSize}`,
        { place: { height } },
      );
    }
    if (event.event !== 'close') continue;
    if (ordinal !== count - 1) {
      const message = `block ${height}: close is entry ${ordinal} of ${count}, nothing may follow it`;
      throw new LedgerError('log-closed', message, { place: { height } });
    }
    isClosed = true;
  }
  return isClosed;
}

/** What an event says of the end of its block; a body that is no event at all is for others to report. */
function readEnding(body: Uint8Array): { event: string; lastSize: number } | undefined {
  const kind = kindOf(body);
  if (kind === 'close') return parseCloseEvent(body);
  return kind === 'key-change' ? parseKeyChangeEvent(body) : undefined;
}

function kindOf(body: Uint8Array): string | undefined {
  try {
    return parseEvent(body).event;
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}
