/**
 * The bytes of a segment file, version 1. Format: docs/formats/ledger.md. All numbers are unsigned and big-endian.
 *
 *     segment = header ‖ frame ‖ frame …
 *     header (64)  0 "CZLEDGER" · 8 version u32 · 12 crc32 u32 of bytes 0–11 and 16–63 · 16 SHA-256(origin)
 *                  48 first height u64 · 56 first leaf index u64
 *     frame        0 43 5A 42 01 · 4 frame size u32 · 8 height u64 · 16 first leaf index u64 · 24 count u32
 *                  28 size of header text u32 · 32 size of bodies u32 · 36 crc32 u32 of all after the header text
 *                  40 crc32 u32 of bytes 0–39 and the header text
 *                  44 header text ‖ entries, count × 68 ‖ the header's own entry, 68 ‖ bodies
 *     body         ordinal u32 ‖ size u32 ‖ bytes
 *
 * The header's own entry follows from the header text; stored, it makes the leaves of a block one run of bytes. The
 * checksums find accidents. Tampering is found by the hashes above them.
 */
import { crc32 } from 'node:zlib';
import { MAX_BLOCK_HEADER_SIZE } from '../block-header.js';
import { type Block, type PublicBody, type VerifiedBlock } from '../chain.js';
import { ENTRY_SIZE } from '../entry.js';
import { LedgerError } from '../ledger-error.js';

export const SEGMENT_HEADER_SIZE = 64;
export const FRAME_HEAD_SIZE = 44;
/** No frame is larger; about 980,000 entries. Bounds the memory that one block takes to read. */
export const MAX_FRAME_SIZE = 67_108_864;
/** Starts every frame; its last byte is the version of the frame. */
export const FRAME_MAGIC = Buffer.from([0x43, 0x5a, 0x42, 0x01]);

const SEGMENT_MAGIC = Buffer.from('CZLEDGER', 'ascii');
const SEGMENT_VERSION = 1;
const BODY_HEAD_SIZE = 8;

export interface SegmentHeader {
  /** SHA-256 of the origin. */
  readonly originDigest: Uint8Array;
  readonly firstHeight: number;
  readonly firstIndex: number;
}

/** Where a block's frame is in its segment. */
export interface FrameLocation {
  readonly offset: number;
  readonly frameSize: number;
  readonly height: number;
  readonly firstIndex: number;
  /** Entries, the header's own excluded. */
  readonly count: number;
  readonly headerSize: number;
}

interface FrameHead extends FrameLocation {
  readonly bodiesSize: number;
  readonly payloadCrc: number;
}

export function formatSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_SIZE);
  SEGMENT_MAGIC.copy(bytes);
  bytes.writeUInt32BE(SEGMENT_VERSION, 8);
  bytes.set(header.originDigest, 16);
  writeInteger(bytes, header.firstHeight, 48);
  writeInteger(bytes, header.firstIndex, 56);
  bytes.writeUInt32BE(segmentHeaderCrc(bytes), 12);
  return bytes;
}

/** Null unless `bytes` are a whole and intact header. Throws `ledger-damaged` for an intact one of another version. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER_SIZE || !bytes.subarray(0, 8).equals(SEGMENT_MAGIC)) return null;
  if (bytes.readUInt32BE(12) !== segmentHeaderCrc(bytes)) return null;
  const version = bytes.readUInt32BE(8);
  if (version !== SEGMENT_VERSION) {
    throw new LedgerError(
      'ledger-damaged',
      `segment is of version ${version}, want ${SEGMENT_VERSION}: use a newer program`,
    );
  }
  return {
    originDigest: bytes.subarray(16, 48),
    firstHeight: readInteger(bytes, 48),
    firstIndex: readInteger(bytes, 56),
  };
}

/** The frame of a block, offset aside. Throws `block-too-large`. */
export function formatFrame({ block, header, headerEntry }: VerifiedBlock): Buffer {
  const text = Buffer.from(block.header, 'utf8');
  const bodiesSize = block.bodies.reduce((size, { body }) => size + BODY_HEAD_SIZE + body.length, 0);
  const frameSize = FRAME_HEAD_SIZE + text.length + (header.count + 1) * ENTRY_SIZE + bodiesSize;
  if (frameSize > MAX_FRAME_SIZE) {
    throw new LedgerError(
      'block-too-large',
      `block ${header.height} takes ${frameSize} bytes, want at most ${MAX_FRAME_SIZE}`,
    );
  }
  const frame = Buffer.allocUnsafeSlow(frameSize);
  FRAME_MAGIC.copy(frame);
  frame.writeUInt32BE(frameSize, 4);
  writeInteger(frame, header.height, 8);
  writeInteger(frame, header.firstIndex, 16);
  frame.writeUInt32BE(header.count, 24);
  frame.writeUInt32BE(text.length, 28);
  frame.writeUInt32BE(bodiesSize, 32);
  const payload = FRAME_HEAD_SIZE + text.length;
  frame.set(text, FRAME_HEAD_SIZE);
  frame.set(block.entries, payload);
  frame.set(headerEntry, payload + block.entries.length);
  writeBodies(frame, block.bodies, payload + block.entries.length + ENTRY_SIZE);
  frame.writeUInt32BE(crc32(frame.subarray(payload)), 36);
  frame.writeUInt32BE(frameHeadCrc(frame, text.length), 40);
  return frame;
}

/** The head of the frame that starts `bytes`, found at `offset` of its file, or null unless it is whole and intact. */
export function decodeFrameHead(bytes: Buffer, offset: number): FrameHead | null {
  if (bytes.length < FRAME_HEAD_SIZE || !bytes.subarray(0, 4).equals(FRAME_MAGIC)) return null;
  const headerSize = bytes.readUInt32BE(28);
  if (headerSize > MAX_BLOCK_HEADER_SIZE || bytes.length < FRAME_HEAD_SIZE + headerSize) return null;
  if (bytes.readUInt32BE(40) !== frameHeadCrc(bytes, headerSize)) return null;
  const head = {
    offset,
    frameSize: bytes.readUInt32BE(4),
    height: readInteger(bytes, 8),
    firstIndex: readInteger(bytes, 16),
    count: bytes.readUInt32BE(24),
    headerSize,
    bodiesSize: bytes.readUInt32BE(32),
    payloadCrc: bytes.readUInt32BE(36),
  };
  const want = FRAME_HEAD_SIZE + headerSize + (head.count + 1) * ENTRY_SIZE + head.bodiesSize;
  return head.frameSize === want && want <= MAX_FRAME_SIZE ? head : null;
}

/** The block in a frame, as views, with the stored entry of its header; null unless the frame is whole and intact. */
export function decodeFrame(frame: Buffer): { block: Block; headerEntry: Uint8Array } | null {
  const head = decodeFrameHead(frame, 0);
  if (head === null || frame.length !== head.frameSize) return null;
  const payload = FRAME_HEAD_SIZE + head.headerSize;
  if (crc32(frame.subarray(payload)) !== head.payloadCrc) return null;
  const headerEntryAt = payload + head.count * ENTRY_SIZE;
  const bodies = decodeBodies(frame.subarray(headerEntryAt + ENTRY_SIZE));
  if (bodies === null) return null;
  const block = {
    header: frame.toString('utf8', FRAME_HEAD_SIZE, payload),
    entries: frame.subarray(payload, headerEntryAt),
    bodies,
  };
  return { block, headerEntry: frame.subarray(headerEntryAt, headerEntryAt + ENTRY_SIZE) };
}

/** Where leaf `leafIndex` of the frame's block (its header's own entry included) is in the file. */
export function entryOffset(frame: FrameLocation, leafIndex: number): number {
  return frame.offset + FRAME_HEAD_SIZE + frame.headerSize + (leafIndex - frame.firstIndex) * ENTRY_SIZE;
}

/** Tree size after the frame's block. */
export function treeSizeAfterFrame(frame: FrameLocation): number {
  return frame.firstIndex + frame.count + 1;
}

/** Writes a safe integer as u64. */
export function writeInteger(bytes: Buffer, value: number, offset: number): void {
  bytes.writeBigUInt64BE(BigInt(value), offset);
}

/** Reads a u64; values above 2^53−1, which nothing here writes, lose precision and then fit nowhere. */
export function readInteger(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64BE(offset));
}

function segmentHeaderCrc(bytes: Buffer): number {
  return crc32(bytes.subarray(16, SEGMENT_HEADER_SIZE), crc32(bytes.subarray(0, 12)));
}

function frameHeadCrc(frame: Buffer, headerSize: number): number {
  return crc32(frame.subarray(FRAME_HEAD_SIZE, FRAME_HEAD_SIZE + headerSize), crc32(frame.subarray(0, 40)));
}

function writeBodies(frame: Buffer, bodies: readonly PublicBody[], start: number): void {
  let offset = start;
  for (const { ordinal, body } of bodies) {
    frame.writeUInt32BE(ordinal, offset);
    frame.writeUInt32BE(body.length, offset + 4);
    frame.set(body, offset + BODY_HEAD_SIZE);
    offset += BODY_HEAD_SIZE + body.length;
  }
}

function decodeBodies(bytes: Buffer): PublicBody[] | null {
  const bodies: PublicBody[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const start = offset + BODY_HEAD_SIZE;
    if (start > bytes.length) return null;
    const end = start + bytes.readUInt32BE(offset + 4);
    if (end > bytes.length) return null;
    bodies.push({ ordinal: bytes.readUInt32BE(offset), body: bytes.subarray(start, end) });
    offset = end;
  }
  return bodies;
}
