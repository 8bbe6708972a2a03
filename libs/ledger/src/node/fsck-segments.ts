/**
 * Reads every frame of every segment for fsck. Unlike a reader it does not stop at damage: it reports it, looks for the
 * next intact frame head and goes on, so that one flipped bit does not hide the next.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { layout } from './layout.js';
import { type FsckFinding, finding } from './fsck-finding.js';
import {
  decodeSegmentHeader,
  type FrameLocation,
  SEGMENT_HEADER_SIZE,
  type SegmentHeader,
} from './segment-format.js';
import { formatIndex, INDEX_RECORD_SIZE } from './segment-index.js';
import { describeStop, positionAfter } from './segment-reader.js';
import {
  FileWindow,
  findFrameHead,
  readNextFrame,
  readUpTo,
  type WalkedFrame,
  type WalkPosition,
  type WalkStop,
} from './segment-walk.js';

export interface ScannedFrame extends WalkedFrame {
  readonly kind: 'frame';
  readonly file: string;
  /** False if blocks are missing between this frame and the one before. */
  readonly adjoins: boolean;
}

/** All frames in the order of the files, with what is wrong between them; checks the indexes on the way. */
export async function* scanSegments(
  dir: string,
  segments: readonly number[],
): AsyncGenerator<ScannedFrame | FsckFinding, void> {
  let expected: WalkPosition = { offset: 0, height: 0, firstIndex: 0 };
  for (const [i, firstHeight] of segments.entries()) {
    const file = layout.segment(dir, firstHeight);
    const isLast = i === segments.length - 1;
    const frames: FrameLocation[] = [];
    let adjoins = firstHeight === expected.height;
    if (!adjoins) {
      const message = `${file}: starts with block ${firstHeight}, want block ${expected.height}`;
      yield finding('error', 'segment', message, { file, height: expected.height });
    }
    for await (const item of scanSegment(
      file,
      adjoins ? expected : { ...expected, height: firstHeight },
      isLast,
      adjoins,
    )) {
      if (item.kind === 'frame') {
        yield { ...item, adjoins: item.adjoins && adjoins };
        adjoins = true;
        frames.push(item.location);
        expected = positionAfter(item.location);
      } else yield item;
    }
    const index = await checkIndex(dir, firstHeight, frames, isLast);
    if (index !== null) yield index;
  }
}

async function* scanSegment(
  file: string,
  expected: WalkPosition,
  isLast: boolean,
  adjoins: boolean,
): AsyncGenerator<ScannedFrame | FsckFinding, void> {
  const handle = await open(file, 'r');
  try {
    const header = decodeSegmentHeader(await readUpTo(handle, 0, SEGMENT_HEADER_SIZE));
    // After a gap only the segment itself knows with which leaf it starts.
    const firstIndex = adjoins ? expected.firstIndex : (header?.firstIndex ?? expected.firstIndex);
    const start = { offset: SEGMENT_HEADER_SIZE, height: expected.height, firstIndex };
    const problem = await checkHeader(handle, file, header, start, isLast);
    if (problem !== null) yield problem;
    yield* scanFrames(new FileWindow(handle), file, start, isLast);
  } finally {
    await handle.close();
  }
}

async function checkHeader(
  handle: FileHandle,
  file: string,
  header: SegmentHeader | null,
  expected: WalkPosition,
  isLast: boolean,
): Promise<FsckFinding | null> {
  const { size } = await handle.stat();
  const place = { file, offset: 0, height: expected.height };
  if (header !== null) {
    const right = header.firstHeight === expected.height && header.firstIndex === expected.firstIndex;
    return right
      ? null
      : finding('error', 'segment', `${file}: the header does not continue the segment before`, place);
  }
  const begun = isLast && (await findFrameHead(new FileWindow(handle), 0, 0)) === null;
  if (begun) return size === 0 ? null : finding('note', 'frame', `${file}: begun and not finished`, place);
  return finding('error', 'segment', `${file}: the segment header is not intact`, place);
}

async function* scanFrames(
  window: FileWindow,
  file: string,
  start: WalkPosition,
  isLast: boolean,
): AsyncGenerator<ScannedFrame | FsckFinding, void> {
  let position = start;
  let adjoins = true;
  for (;;) {
    const next = await readNextFrame(window, position);
    if (!('reason' in next)) {
      yield { kind: 'frame', file, adjoins, ...next };
      adjoins = true;
      position = positionAfter(next.location);
      continue;
    }
    if (next.reason === 'end') return;
    const from = next.reason === 'out of order' ? position.offset : position.offset + 1;
    const following = await findFrameHead(window, from, 0);
    const torn = following === null && isLast;
    if (!torn || position.offset > SEGMENT_HEADER_SIZE) yield describe(next, file, torn);
    if (following === null) return;
    adjoins = false;
    position = following;
  }
}

function describe(stop: WalkStop, file: string, torn: boolean): FsckFinding {
  const { offset, height } = stop.position;
  const where = `at offset ${offset}, block ${height}`;
  const message = torn
    ? `${file}: an unfinished frame ${where}; a writer cuts it off when it opens the ledger`
    : `${file}: ${describeStop(stop)} ${where}; restore the file from a backup or a copy of the ledger`;
  return finding(torn ? 'note' : 'error', 'frame', message, { file, offset, height });
}

async function checkIndex(
  dir: string,
  firstHeight: number,
  frames: readonly FrameLocation[],
  isLast: boolean,
): Promise<FsckFinding | null> {
  const file = layout.index(dir, firstHeight);
  const want = formatIndex(firstHeight, frames);
  const got = await readFile(file).catch(() => Buffer.alloc(0));
  // A writer at work is a record behind, or ahead of what was read here.
  const compared = isLast ? Math.min(got.length, want.length) : want.length;
  const lacking = isLast ? want.length - got.length > INDEX_RECORD_SIZE : want.length !== got.length;
  if (!lacking && got.subarray(0, compared).equals(want.subarray(0, compared))) return null;
  return finding('warning', 'index', `${file}: not the index of its segment; rebuild the indexes`, { file });
}
