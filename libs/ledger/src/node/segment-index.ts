/**
 * The index of a segment: one record of 32 bytes per block, so that a block is found by its height without a search and
 * by a leaf index with a binary one. Derived from the segment, never fsynced, and believed record by record only.
 *
 *     index  = header ‖ record ‖ record …        record i stands for height firstHeight + i
 *     header (32)  0 "CZINDEX" 00 · 8 version u32 · 12 zeros · 20 first height u64 · 28 crc32 u32 of bytes 0–27
 *     record (32)  0 offset u64 · 8 first leaf index u64 · 16 count u32 · 20 size of header text u32
 *                  24 frame size u32 · 28 crc32 u32 of the height as u64 and bytes 0–27
 */
import { type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type FrameLocation, readInteger, writeInteger } from './segment-format.js';
import { readUpTo } from './segment-walk.js';

const INDEX_MAGIC = Buffer.from('CZINDEX\0', 'ascii');
const INDEX_VERSION = 1;
const CRC_AT = 28;
/** Bytes of the header and of every record. */
export const INDEX_RECORD_SIZE = 32;

const PAGE_RECORDS = 128;
const PAGE_SIZE = PAGE_RECORDS * INDEX_RECORD_SIZE;
const MAX_PAGES = 64;

/** Where the record of the `ordinal`th block of a segment is. */
export function indexRecordOffset(ordinal: number): number {
  return (ordinal + 1) * INDEX_RECORD_SIZE;
}

export function formatIndexHeader(firstHeight: number): Buffer {
  const bytes = Buffer.alloc(INDEX_RECORD_SIZE);
  INDEX_MAGIC.copy(bytes);
  bytes.writeUInt32BE(INDEX_VERSION, 8);
  writeInteger(bytes, firstHeight, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT);
  return bytes;
}

export function formatIndexRecord(frame: FrameLocation): Buffer {
  const bytes = Buffer.alloc(INDEX_RECORD_SIZE);
  writeInteger(bytes, frame.offset, 0);
  writeInteger(bytes, frame.firstIndex, 8);
  bytes.writeUInt32BE(frame.count, 16);
  bytes.writeUInt32BE(frame.headerSize, 20);
  bytes.writeUInt32BE(frame.frameSize, 24);
  bytes.writeUInt32BE(recordCrc(bytes, frame.height), CRC_AT);
  return bytes;
}

/** Null unless `bytes` are the intact record of the block at `height`. */
export function decodeIndexRecord(bytes: Buffer, height: number): FrameLocation | null {
  if (bytes.length < INDEX_RECORD_SIZE || bytes.readUInt32BE(CRC_AT) !== recordCrc(bytes, height))
    return null;
  return {
    offset: readInteger(bytes, 0),
    firstIndex: readInteger(bytes, 8),
    count: bytes.readUInt32BE(16),
    headerSize: bytes.readUInt32BE(20),
    frameSize: bytes.readUInt32BE(24),
    height,
  };
}

/** The bytes of a whole index file. */
export function formatIndex(firstHeight: number, frames: readonly FrameLocation[]): Buffer {
  return Buffer.concat([formatIndexHeader(firstHeight), ...frames.map(formatIndexRecord)]);
}

/** Reads an index file that may be missing, short, growing or damaged. Keeps up to 256 KiB of it in memory. */
export class IndexFile {
  readonly #pages = new Map<number, Buffer>();

  /** `file`: null for a missing one. */
  constructor(
    readonly firstHeight: number,
    readonly file: FileHandle | null,
  ) {}

  /** Records that the file's size has room for. */
  async countRecords(): Promise<number> {
    const size = this.file === null ? 0 : (await this.file.stat()).size;
    return Math.max(0, Math.floor(size / INDEX_RECORD_SIZE) - 1);
  }

  /** The location of block `ordinal` of the segment, or null where the file has no intact record. */
  async read(ordinal: number): Promise<FrameLocation | null> {
    const page = Math.floor(ordinal / PAGE_RECORDS);
    const at = (ordinal % PAGE_RECORDS) * INDEX_RECORD_SIZE;
    const decode = (bytes: Buffer): FrameLocation | null =>
      decodeIndexRecord(bytes.subarray(at, at + INDEX_RECORD_SIZE), this.firstHeight + ordinal);
    const known = this.#pages.get(page);
    // A record that is there stays; one that is not may have come since.
    return (known === undefined ? null : decode(known)) ?? decode(await this.#readPage(page));
  }

  async #readPage(number: number): Promise<Buffer> {
    if (this.file === null) return Buffer.alloc(0);
    const page = await readUpTo(this.file, indexRecordOffset(number * PAGE_RECORDS), PAGE_SIZE);
    if (this.#pages.size === MAX_PAGES) this.#pages.clear();
    this.#pages.set(number, page);
    return page;
  }
}

function recordCrc(record: Buffer, height: number): number {
  const seed = Buffer.alloc(8);
  writeInteger(seed, height, 0);
  return crc32(record.subarray(0, CRC_AT), crc32(seed));
}
