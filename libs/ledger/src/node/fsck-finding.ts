/** What fsck reports. */
import { type LedgerPlace } from '../ledger-error.js';

export type FsckSubject =
  /** A segment file: its name, its header, its place in the row. */
  | 'segment'
  /** A frame whose bytes are not what was written. */
  | 'frame'
  /** A block that breaks a rule of the chain. */
  | 'chain'
  /** The published checkpoint against the tree. */
  | 'checkpoint'
  | 'tile'
  | 'index';

export interface FsckFinding {
  readonly kind: 'finding';
  /**
   * `error`: what is on disk is not this ledger. `warning`: derived data that a writer makes anew. `note`: nothing wrong,
   * such as the unfinished frame of a crash or of a writer at work.
   */
  readonly severity: 'error' | 'warning' | 'note';
  readonly subject: FsckSubject;
  readonly message: string;
  readonly place: LedgerPlace;
}

export interface FsckProgress {
  readonly kind: 'progress';
  /** Blocks read. */
  readonly blocks: number;
  /** Bytes of segments read, of all there are. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export function finding(
  severity: FsckFinding['severity'],
  subject: FsckSubject,
  message: string,
  place: LedgerPlace = {},
): FsckFinding {
  return { kind: 'finding', severity, subject, message, place };
}
