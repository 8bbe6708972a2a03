/**
 * Files that hold receipts: a reader for each kind gives what is inside as if it had been given by itself. A reader gives
 * nothing for a file that only looks like its kind; the file is a document then.
 */
import { type SortedFile } from './sort-file.js';

export interface ContainerReader {
  /** Whether the first bytes and the name say that this may be one. */
  readonly isContainer: (head: Uint8Array, name: string) => boolean;
  readonly read: (file: File) => Promise<readonly SortedFile[]>;
}

export const CONTAINERS: readonly ContainerReader[] = [];
