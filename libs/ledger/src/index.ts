/** Entries, block headers, log events and the rules that make blocks a ledger. Pure; files are in `@cunzheng/ledger/node`. */
export {
  type Block,
  type Chain,
  type ChainHead,
  createChain,
  type PublicBody,
  type VerifiedBlock,
} from './chain.js';
export {
  BLOCK_FORMAT,
  type BlockHeader,
  formatBlockHeader,
  hashBlockHeader,
  MAX_BLOCK_HEADER_SIZE,
  NO_PREVIOUS_HASH,
  parseBlockHeader,
  treeSizeAfter,
} from './block-header.js';
export { BlockBuilder, type BlockContents, buildBlock } from './block-builder.js';
export { computeEntry, type Entry, ENTRY_SIZE, EntryType, parseEntry } from './entry.js';
export { EVENT_FORMAT, type LogEvent, MAX_EVENT_SIZE, parseEvent } from './event.js';
export { LedgerError, type LedgerErrorCode, type LedgerPlace } from './ledger-error.js';
export { formatOpenEvent, type OpenEvent, type Operator, parseOpenEvent } from './open-event.js';
export { type Origin, parseOrigin } from './origin.js';
export { replay } from './replay.js';
export { formatTime, parseTime } from './time.js';
export { verifyBlock, verifyHeaderFollows } from './verify-block.js';
