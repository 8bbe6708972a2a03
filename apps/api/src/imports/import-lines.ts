/**
 * A stream of bytes as parts of lines. At most one part is held, and of a line that is too long nothing but its length.
 * A line ends with LF; what stands after the last one is a line too, once the stream has ended well.
 */

export const MAX_PART_LINES = 1_000;
const PART_BYTES = 4_194_304;
export const MAX_LINE_BYTES = 1_048_576;

const LF = 0x0a;

export interface ImportLine {
  /** Without its line end; undefined when it has more than {@link MAX_LINE_BYTES}. */
  readonly bytes: Buffer | undefined;
  /** How far it reaches, its line end included. */
  readonly sizeBytes: number;
}

export interface ImportPart {
  readonly lines: readonly ImportLine[];
  readonly sizeBytes: number;
}

/** @throws what the stream fails with; the lines of an unfinished part are dropped then. */
export async function* readParts(
  body: AsyncIterable<Buffer>,
  maxLines = MAX_PART_LINES,
): AsyncGenerator<ImportPart> {
  const splitter = new LineSplitter();
  let lines: ImportLine[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    for (const line of splitter.push(chunk)) {
      sizeBytes += line.sizeBytes;
      if (lines.push(line) < maxLines && sizeBytes < PART_BYTES) continue;
      yield { lines, sizeBytes };
      lines = [];
      sizeBytes = 0;
    }
  }
  lines.push(...splitter.rest());
  if (lines.length > 0) yield { lines, sizeBytes: lines.reduce((sum, line) => sum + line.sizeBytes, 0) };
}

class LineSplitter {
  private carried: Buffer[] = [];
  private carriedBytes = 0;

  *push(chunk: Buffer): Generator<ImportLine> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.carry(chunk.subarray(start, end));
      yield this.take(1);
      start = end + 1;
    }
    this.carry(chunk.subarray(start));
  }

  rest(): ImportLine[] {
    return this.carriedBytes > 0 ? [this.take(0)] : [];
  }

  private carry(bytes: Buffer): void {
    this.carriedBytes += bytes.length;
    if (this.carriedBytes > MAX_LINE_BYTES) this.carried = [];
    else if (bytes.length > 0) this.carried.push(bytes);
  }

  private take(lineEndBytes: number): ImportLine {
    const sizeBytes = this.carriedBytes + lineEndBytes;
    const [only] = this.carried;
    const bytes = this.carried.length === 1 && only ? only : Buffer.concat(this.carried);
    const isTooLong = this.carriedBytes > MAX_LINE_BYTES;
    this.carried = [];
    this.carriedBytes = 0;
    return { bytes: isTooLong ? undefined : bytes, sizeBytes };
  }
}
