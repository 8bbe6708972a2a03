/**
 * Every signed checkpoint that was seen, in the order of seeing: one JSON object `{"seenAt": …, "note": …}` on a line, only
 * ever appended to and fsynced. It is the follower's evidence should the log ever deny what it signed.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.js';

interface Line {
  readonly seenAt: string;
  readonly note: string;
}

/** Longer than any line: the largest note, every character escaped. */
const MAX_LINE_BYTES = 2_000_000;

export class EvidenceFile {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private last: string | undefined,
  ) {}

  /** Opens or makes the file; a line that a crash left unfinished is cut off. The caller holds the lock beside it. */
  static async open(path: string): Promise<EvidenceFile> {
    const file = await open(path, 'a+', 0o644);
    const last = await cutUnfinishedLine(file, path);
    await file.sync();
    await syncDirectory(dirname(path));
    return new EvidenceFile(path, file, last);
  }

  /** Keeps a note, unless it is the one that was kept last. Durable when it returns. */
  async append(note: string, nowMs: number): Promise<void> {
    if (note === this.last) return;
    const line: Line = { seenAt: new Date(nowMs).toISOString(), note };
    await this.file.appendFile(`${JSON.stringify(line)}\n`);
    await this.file.sync();
    this.last = note;
  }

  /** All notes, oldest first. Lines that are none are passed over. */
  async *notes(): AsyncGenerator<string, void> {
    const file = await open(this.path, 'r');
    try {
      for await (const line of createInterface({ input: file.createReadStream({ autoClose: false }) })) {
        const note = parseLine(line);
        if (note !== undefined) yield note;
      }
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** Makes the file's name durable; Windows has no such operation and does not need it. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  await directory.sync();
  await directory.close();
}

/** Gives the note of the last whole line. */
async function cutUnfinishedLine(file: FileHandle, path: string): Promise<string | undefined> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, MAX_LINE_BYTES));
  await file.read(tail, 0, tail.length, size - tail.length);
  const end = tail.lastIndexOf('\n') + 1;
  if (end === 0 && size > tail.length)
    throw new CliError('file', `${path} holds no checkpoints: move it away`);
  if (end < tail.length) await file.truncate(size - tail.length + end);
  const start = end < 2 ? 0 : tail.lastIndexOf('\n', end - 2) + 1;
  return parseLine(tail.toString('utf8', start, end));
}

function parseLine(line: string): string | undefined {
  try {
    const { note } = JSON.parse(line) as Partial<Line>;
    return typeof note === 'string' ? note : undefined;
  } catch {
    return undefined;
  }
}
