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
export {
  type AcceptLossEvent,
  formatAcceptLossEvent,
  MAX_ORPHAN_RANGES,
  type OrphanRange,
} from './events/accept-loss.js';
export { type CloseEvent, formatCloseEvent } from './events/close.js';
export { type ErasureEvent, formatErasureEvent } from './events/erasure.js';
export { EVENT_FORMAT, type LogEvent, MAX_EVENT_SIZE, parseEvent } from './events/event.js';
export { formatKeyChangeEvent, type KeyChangeEvent } from './events/key-change.js';
export { type KnownEvent, parseKnownEvent } from './events/known-event.js';
export { formatOpenEvent, type OpenEvent, type Operator, parseOpenEvent } from './events/open.js';
export {
  formatRevocationEvent,
  REVOCATION_REASONS,
  type RevocationEvent,
  type RevocationReason,
} from './events/revocation.js';
export { LedgerError, type LedgerErrorCode, type LedgerPlace } from './ledger-error.js';
export { type Origin, parseOrigin } from './origin.js';
export { replay } from './replay.js';
export { formatTime, parseTime } from './time.js';
export { verifyBlock, verifyHeaderFollows } from './verify-block.js';
