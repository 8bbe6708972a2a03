/** Where an audit reads a log from: a URL or a directory. Nothing that comes from it is believed. */
import { type Block } from '@cunzheng/ledger';
import { type EntryBundleId, type TileId } from '@cunzheng/merkle';

export interface SourcedBlock {
  readonly block: Block;
  /** The header's own entry, where the source stores it beside the block. */
  readonly headerEntry?: Uint8Array;
}

/** The part of a list from `from` on; `next` is where it goes on. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly next?: number;
}

export interface ListedHeader {
  readonly height: number;
  /** J(header). */
  readonly header: string;
}

export interface ListedEvent {
  readonly leafIndex: number;
  /** J(event). */
  readonly body: string;
}

/** What a service serves beside the files of its ledger. */
export interface LogLists {
  listHeaders(from: number): Promise<ListPage<ListedHeader>>;
  listEvents(from: number): Promise<ListPage<ListedEvent>>;
  listCheckpointSizes(from: number): Promise<ListPage<number>>;
  readCheckpointOf(treeSize: number): Promise<string>;
}

/** Methods throw LogFault for what is missing or malformed, and other errors when it cannot be told. */
export interface LogSource {
  /** For people. */
  readonly address: string;
  /** What is sensible to read at the same time. */
  readonly parallelReads: number;
  /** What to do about a finding. */
  readonly wayOut: Readonly<Record<FindingSubject, string>>;
  /** The newest checkpoint, a signed note. */
  readCheckpoint(): Promise<string>;
  readBlock(height: number): Promise<SourcedBlock>;
  readTile(tile: TileId): Promise<Uint8Array>;
  /** Where entry bundles can be told from the blocks. */
  readonly readBundle?: (bundle: EntryBundleId) => Promise<Uint8Array>;
  readonly lists?: LogLists;
  close(): Promise<void>;
}

export type FindingSubject = 'checkpoint' | 'block' | 'tile' | 'entries' | 'event' | 'list';
