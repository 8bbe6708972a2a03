/**
 * Goes through the frames of a segment, checking each whole. Used where the index cannot be asked or must not be
 * believed: recovery, rebuilding, fsck.
 */
import { type FileHandle } from 'node:fs/promises';
import { MAX_BLOCK_HEADER_SIZE } from '../block-header.js';
import {
  decodeFrame,
  decodeFrameHead,
  FRAME_HEAD_SIZE,
  FRAME_MAGIC,
  type FrameLocation,
  MAX_FRAME_SIZE,
  treeSizeAfterFrame,
} from './segment-format.js';
import { type Block } from '../chain.js';

const WINDOW_SIZE = 1_048_576;
const MAX_HEAD_SIZE = FRAME_HEAD_SIZE + MAX_BLOCK_HEADER_SIZE;

/** Where the next frame starts and what it must be. */
export interface WalkPosition {
  readonly offset: number;
  readonly height: number;
  readonly firstIndex: number;
}

export interface WalkedFrame {
  readonly location: FrameLocation;
  readonly block: Block;
  /** The stored entry of the block's header. */
  readonly headerEntry: Uint8Array;
}

/** Why a walk ended. At `offset` there is nothing more (`end`), or something that is not the next frame. */
export interface WalkStop {
  readonly reason: 'end' | 'incomplete' | 'checksum' | 'out of order';
  readonly position: WalkPosition;
}

/** Reads mostly forward through a file in large steps. What it returned stays valid: buffers are not reused. */
export class FileWindow {
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** Reads at least `stepSize` bytes at a time. */
  constructor(
    readonly file: FileHandle,
    readonly stepSize = WINDOW_SIZE,
  ) {}

  /** `length` bytes at `offset`; fewer at the end of the file. */
  async read(offset: number, length: number): Promise<Buffer> {
    const from = offset - this.#start;
    if (from < 0 || from + length > this.#bytes.length) {
      this.#bytes = await readUpTo(this.file, offset, Math.max(length, this.stepSize));
      this.#start = offset;
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}

/** `length` bytes at `offset` of a file; fewer at its end. */
export async function readUpTo(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** Yields the frames from `start` on as long as each is intact and the next in order; returns where and why it ended. */
export async function* walkFrames(
  window: FileWindow,
  start: WalkPosition,
): AsyncGenerator<WalkedFrame, WalkStop> {
  let position = start;
  for (;;) {
    const next = await readNextFrame(window, position);
    if ('reason' in next) return next;
    yield next;
    const { location } = next;
    position = {
      offset: location.offset + location.frameSize,
      height: location.height + 1,
      firstIndex: treeSizeAfterFrame(location),
    };
  }
}

/** The frame at `position`, or why there is none. */
export async function readNextFrame(
  window: FileWindow,
  position: WalkPosition,
): Promise<WalkedFrame | WalkStop> {
  const { offset } = position;
  const start = await window.read(offset, MAX_HEAD_SIZE);
  if (start.length === 0) return { reason: 'end', position };
  const head = decodeFrameHead(start, offset);
  if (head === null) return { reason: start.length < FRAME_HEAD_SIZE ? 'incomplete' : 'checksum', position };
  const frame = await window.read(offset, head.frameSize);
  if (frame.length < head.frameSize) return { reason: 'incomplete', position };
  const decoded = decodeFrame(frame);
  if (decoded === null) return { reason: 'checksum', position };
  const inOrder = head.height === position.height && head.firstIndex === position.firstIndex;
  return inOrder ? { location: head, ...decoded } : { reason: 'out of order', position };
}

/**
 * The first intact frame head behind `offset` that belongs to a height of at least `minHeight`, or null. What tells a
 * torn end, behind which is nothing, from damage in the middle, behind which are blocks.
 */
export async function findFrameHead(
  window: FileWindow,
  offset: number,
  minHeight: number,
): Promise<FrameLocation | null> {
  for (let from = offset; ;) {
    const bytes = await window.read(from, WINDOW_SIZE);
    for (let at = bytes.indexOf(FRAME_MAGIC); at !== -1; at = bytes.indexOf(FRAME_MAGIC, at + 1)) {
      const head = decodeFrameHead(await window.read(from + at, MAX_HEAD_SIZE), from + at);
      if (head !== null && head.height >= minHeight && head.height < minHeight + MAX_FRAME_SIZE) return head;
    }
    if (bytes.length < WINDOW_SIZE) return null;
    from += bytes.length - FRAME_MAGIC.length + 1;
  }
}
