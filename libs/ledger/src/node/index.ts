/** The files of a ledger: one writer, any number of readers, and fsck. Format: docs/formats/ledger.md. */
export { parseCheckpointNote, type TreeHead } from './checkpoint-file.js';
export { DirectoryLock, type LockOptions } from './directory-lock.js';
export { makeDirectory, writeFileDurably } from './durable.js';
export { fsck, type FsckOptions } from './fsck.js';
export { type FsckFinding, type FsckProgress, type FsckSubject } from './fsck-finding.js';
export { listLogNames, logDirectory } from './layout.js';
export {
  type BlockHead,
  type BlockPlace,
  LedgerReader,
  type LedgerReaderOptions,
  openLedgerReader,
} from './ledger-reader.js';
export { LedgerWriter, type LedgerWriterOptions, openLedgerWriter } from './ledger-writer.js';
export { type RecoveryNotice } from './recover-segments.js';
