/**
 * What a writer does to the segments before it writes: cuts off a frame that a crash left unfinished at the very end,
 * brings the index up to date, and refuses everything else. A frame counts as torn only if no intact frame head follows
 * it: durable blocks are never cut off to get at a broken one.
 */
import { ftruncateSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerError } from '../ledger-error.js';
import { listSegments } from './block-store.js';
import { type DirectoryLock } from './directory-lock.js';
import { fatalIfFails, syncDirectory, writeFilesDurably, writeFully } from './durable.js';
import { layout } from './layout.js';
import { type SegmentTail } from './segment-appender.js';
import {
  decodeSegmentHeader,
  type FrameLocation,
  SEGMENT_HEADER_SIZE,
  treeSizeAfterFrame,
} from './segment-format.js';
import { decodeIndexRecord, formatIndex, INDEX_RECORD_SIZE, indexRecordOffset } from './segment-index.js';
import { damagedSegment, describeStop, positionAfter } from './segment-reader.js';
import {
  FileWindow,
  findFrameHead,
  readNextFrame,
  readUpTo,
  walkFrames,
  type WalkPosition,
  type WalkStop,
} from './segment-walk.js';

const REWRITE_SIZE = 1_048_576;

/** Something a writer put right when it opened a ledger, or is about to. */
export interface RecoveryNotice {
  readonly kind: 'torn-tail-cut' | 'index-rebuilt' | 'tiles-rebuilding' | 'tiles-rebuilt';
  readonly message: string;
}

export interface RecoveryContext {
  /** Looked at once more before anything is cut off or written again. */
  readonly lock?: Pick<DirectoryLock, 'assertHeldNow'>;
  readonly dir: string;
  readonly originDigest: Uint8Array;
  /** Tree size of the published checkpoint; 0 without one. */
  readonly publishedSize: number;
  readonly notify: (notice: RecoveryNotice) => void;
}

/** Recovers the end of the ledger; null if it has no segment. Throws `ledger-damaged`, `log-mismatch`, `io-fatal`. */
export async function recoverSegments(context: RecoveryContext): Promise<SegmentTail | null> {
  const segments = await listSegments(context.dir);
  const last = segments.at(-1);
  if (last === undefined) return null;
  if (segments[0] !== 0)
    throw damagedSegment(layout.segment(context.dir, 0), 'the first segment is missing', 0, 0);
  for (const [i, firstHeight] of segments.slice(0, -1).entries()) {
    await checkClosedIndex(context, firstHeight, segments[i + 1] as number);
  }
  const path = layout.segment(context.dir, last);
  return withFile(path, 'r+', async (file) => {
    const { offset, publishedOffset } = await recoverLast(context, file, path, last);
    // What can be read need not be on disk: after a crash of the process, or of an fsync that failed, after which the
    // kernel takes the pages for clean. Behind the published checkpoint everything is therefore written once more.
    await fatalIfFails(`write the end of ${path} again`, async () => {
      await rewrite(context, file, publishedOffset, offset);
      await file.sync();
      await syncDirectory(layout.segments(context.dir));
    });
    return { firstHeight: last, offset };
  });
}

/** Puts the bytes of a range back where they are, in pieces; a writer that was replaced meanwhile does no harm by it. */
async function rewrite(
  { lock }: RecoveryContext,
  file: FileHandle,
  start: number,
  end: number,
): Promise<void> {
  for (let offset = start; offset < end;) {
    const bytes = await readUpTo(file, offset, Math.min(end - offset, REWRITE_SIZE));
    lock?.assertHeldNow();
    await writeFully(file, bytes, offset);
    offset += bytes.length;
  }
}

/** Rebuilds the index of every segment that is not as it must be; gives the number. */
export async function rebuildIndexes(context: RecoveryContext): Promise<number> {
  let rebuilt = 0;
  for (const firstHeight of await listSegments(context.dir)) {
    if (await rebuildIndex(context, firstHeight)) rebuilt++;
  }
  return rebuilt;
}

/** One look at the size of the index shows whether a closed segment lost blocks or the index lost records. */
async function checkClosedIndex(
  context: RecoveryContext,
  firstHeight: number,
  nextHeight: number,
): Promise<void> {
  const want = indexRecordOffset(nextHeight - firstHeight);
  const size = await withFile(
    layout.index(context.dir, firstHeight),
    'r',
    async (index) => (await index.stat()).size,
  ).catch(() => -1);
  if (size !== want) await rebuildIndex(context, firstHeight, nextHeight);
}

async function rebuildIndex(
  context: RecoveryContext,
  firstHeight: number,
  nextHeight?: number,
): Promise<boolean> {
  const path = layout.segment(context.dir, firstHeight);
  const { frames, stop } = await withFile(path, 'r', async (file) => {
    const header = decodeSegmentHeader(await readUpTo(file, 0, SEGMENT_HEADER_SIZE));
    const start = { offset: SEGMENT_HEADER_SIZE, height: firstHeight, firstIndex: header?.firstIndex ?? 0 };
    return collectFrames(new FileWindow(file), start);
  });
  const short = nextHeight !== undefined && stop.position.height !== nextHeight;
  if (nextHeight !== undefined && (stop.reason !== 'end' || short)) {
    throw damagedSegment(
      path,
      stop.reason === 'end' ? 'blocks are missing' : describeStop(stop),
      stop.position.offset,
      stop.position.height,
    );
  }
  return updateIndex(context, firstHeight, frames);
}

/** Where the last segment's last intact frame ends, and the last one that the published checkpoint speaks for, or 0. */
interface RecoveredEnd {
  readonly offset: number;
  readonly publishedOffset: number;
}

async function recoverLast(
  context: RecoveryContext,
  file: FileHandle,
  path: string,
  firstHeight: number,
): Promise<RecoveredEnd> {
  const window = new FileWindow(file);
  const header = decodeSegmentHeader(await readUpTo(file, 0, SEGMENT_HEADER_SIZE));
  if (header === null) {
    await cutTornTail(context, file, path, { offset: 0, height: firstHeight, firstIndex: 0 });
    await updateIndex(context, firstHeight, []);
    return { offset: 0, publishedOffset: 0 };
  }
  if (Buffer.compare(header.originDigest, context.originDigest) !== 0) {
    throw new LedgerError(
      'log-mismatch',
      `${path} is of another log than LOG_ORIGIN names; point LEDGER_DIR elsewhere`,
      { place: { file: path } },
    );
  }
  if (header.firstHeight !== firstHeight)
    throw damagedSegment(path, 'the header names another first block', 0, firstHeight);
  const start = { offset: SEGMENT_HEADER_SIZE, height: firstHeight, firstIndex: header.firstIndex };
  const indexed = await believableFrames(context.dir, firstHeight, start, window);
  const lastIndexed = indexed.at(-1);
  const { frames, stop } = await collectFrames(
    window,
    lastIndexed === undefined ? start : positionAfter(lastIndexed),
  );
  if (stop.reason === 'out of order')
    throw damagedSegment(path, describeStop(stop), stop.position.offset, stop.position.height);
  if (stop.reason !== 'end') await cutTornTail(context, file, path, stop.position);
  const all = [...indexed, ...frames];
  await updateIndex(context, firstHeight, all);
  const published = all.findLast((frame) => treeSizeAfterFrame(frame) <= context.publishedSize);
  return {
    offset: stop.position.offset,
    publishedOffset: published === undefined ? 0 : positionAfter(published).offset,
  };
}

/** The frames of the index if all its records are intact, adjoin, and the last one's frame is there; else none. */
async function believableFrames(
  dir: string,
  firstHeight: number,
  start: WalkPosition,
  window: FileWindow,
): Promise<FrameLocation[]> {
  const index = await readIndex(dir, firstHeight);
  const frames: FrameLocation[] = [];
  let position = start;
  for (let at = INDEX_RECORD_SIZE; at < index.length; at += INDEX_RECORD_SIZE) {
    const frame = decodeIndexRecord(index.subarray(at), position.height);
    if (frame === null || frame.offset !== position.offset || frame.firstIndex !== position.firstIndex)
      return [];
    const next = positionAfter(frame);
    const lastOne = at + INDEX_RECORD_SIZE >= index.length;
    if (lastOne && 'reason' in (await readNextFrame(window, position))) return frames;
    frames.push(frame);
    position = next;
  }
  return frames;
}

async function readIndex(dir: string, firstHeight: number): Promise<Buffer> {
  return withFile(layout.index(dir, firstHeight), 'r', async (file) =>
    readUpTo(file, 0, (await file.stat()).size),
  ).catch(() => Buffer.alloc(0));
}

async function collectFrames(
  window: FileWindow,
  start: WalkPosition,
): Promise<{ frames: FrameLocation[]; stop: WalkStop }> {
  const frames: FrameLocation[] = [];
  const walk = walkFrames(window, start);
  for (;;) {
    const next = await walk.next();
    if (next.done === true) return { frames, stop: next.value };
    frames.push(next.value.location);
  }
}

/** Truncates a segment where its last intact frame ends. Throws `ledger-damaged` if intact frames follow. */
async function cutTornTail(
  context: RecoveryContext,
  file: FileHandle,
  path: string,
  { offset, height, firstIndex }: WalkPosition,
): Promise<void> {
  const { size } = await file.stat();
  if (size === offset) return;
  const following = await findFrameHead(new FileWindow(file), offset + 1, height);
  if (following !== null) {
    throw damagedSegment(path, `damaged before block ${following.height}, which is intact,`, offset, height);
  }
  // A checkpoint covered the block, so it was whole once. The database can complete it; what is left is kept for a look.
  const published = context.publishedSize > firstIndex && offset > 0;
  if (published) await keepBytes(context.dir, await readUpTo(file, offset, size - offset), height);
  await fatalIfFails(`cut the torn end of ${path}`, async () => {
    // In one breath: whoever slept until here, and was replaced, must not cut off what another has written since.
    context.lock?.assertHeldNow();
    ftruncateSync(file.fd, offset);
    await file.sync();
  });
  const kept = published
    ? `; it had been published, its ${size - offset} bytes are kept in ${layout.damaged(context.dir)}`
    : '';
  const message = `${path}: cut ${size - offset} bytes of the unfinished block ${height} at offset ${offset}${kept}`;
  context.notify({ kind: 'torn-tail-cut', message });
}

async function keepBytes(dir: string, bytes: Buffer, height: number): Promise<void> {
  const path = join(layout.damaged(dir), `block-${height}-${Date.now()}.bin`);
  await writeFilesDurably([{ path, bytes }], layout.temporary(dir));
}

/** Puts the index of a segment right, in place, as readers may have it open; whether it was not. */
async function updateIndex(
  context: RecoveryContext,
  firstHeight: number,
  frames: readonly FrameLocation[],
): Promise<boolean> {
  const bytes = formatIndex(firstHeight, frames);
  const there = await readIndex(context.dir, firstHeight);
  if (there.equals(bytes)) return false;
  const path = layout.index(context.dir, firstHeight);
  await fatalIfFails(`write ${path}`, async () => {
    await withFile(path, 'a', () => Promise.resolve());
    await withFile(path, 'r+', async (file) => {
      await writeFully(file, bytes, 0);
      await file.truncate(bytes.length);
    });
  });
  context.notify({ kind: 'index-rebuilt', message: `${path}: written anew, ${frames.length} blocks` });
  return true;
}

async function withFile<T>(path: string, flags: string, task: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await task(file);
  } finally {
    await file.close();
  }
}
