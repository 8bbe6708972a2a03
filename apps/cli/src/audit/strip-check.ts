/**
 * Compares files of 256 items each (level 0 tiles, entry bundles: C2SP tlog-tiles) with the items as the blocks give them,
 * as they come: one file in memory, no hashing.
 */
import { TILE_WIDTH } from '@cunzheng/merkle';
import { type LogFault, type Outcome } from './log-fault.js';

/** One file of a strip: items 256·index … + width − 1. */
export interface StripFile {
  readonly index: number;
  readonly width: number;
}

export interface StripOptions {
  readonly itemBytes: number;
  /** What stands before each item in the file. */
  readonly prefix?: Uint8Array;
  /** The files in order. */
  readonly files: AsyncGenerator<Outcome<Uint8Array>, void>;
  readonly onFault: (file: StripFile, fault: LogFault) => void;
  /** `item`: number of the first one that differs. */
  readonly onMismatch: (file: StripFile, item: number) => void;
}

export class StripCheck {
  readonly #options: StripOptions;
  readonly #step: number;
  readonly #buffer: Buffer;
  #index = 0;
  #width = 0;
  /** Files that were compared. */
  compared = 0;

  constructor(options: StripOptions) {
    this.#options = options;
    const prefix = options.prefix ?? new Uint8Array(0);
    this.#step = prefix.length + options.itemBytes;
    this.#buffer = Buffer.alloc(TILE_WIDTH * this.#step);
    for (let i = 0; i < TILE_WIDTH; i++) this.#buffer.set(prefix, i * this.#step);
  }

  /** Takes the next item. A file is complete when this says so: then {@link compare} it. */
  append(item: Uint8Array): boolean {
    this.#width++;
    this.#buffer.set(item, this.#width * this.#step - this.#options.itemBytes);
    return this.#width === TILE_WIDTH;
  }

  /** Compares what was appended since the last file, if anything. */
  async compare(): Promise<void> {
    if (this.#width === 0) return;
    const file = { index: this.#index, width: this.#width };
    this.#index++;
    this.#width = 0;
    const next = await this.#options.files.next();
    if (next.done === true) throw new Error(`no file for strip ${file.index}`);
    if ('fault' in next.value) {
      this.#options.onFault(file, next.value.fault);
      return;
    }
    this.compared++;
    const item = firstDifference(next.value.value, this.#buffer.subarray(0, file.width * this.#step));
    if (item !== null)
      this.#options.onMismatch(file, file.index * TILE_WIDTH + Math.floor(item / this.#step));
  }
}

/** Files that hold `itemCount` items. */
export function* stripFiles(itemCount: number): Generator<StripFile, void> {
  for (let first = 0; first < itemCount; first += TILE_WIDTH) {
    yield { index: first / TILE_WIDTH, width: Math.min(TILE_WIDTH, itemCount - first) };
  }
}

/** The first byte in which two files differ, or null. */
function firstDifference(got: Uint8Array, want: Uint8Array): number | null {
  if (Buffer.compare(got, want) === 0) return null;
  const shared = Math.min(got.length, want.length);
  for (let i = 0; i < shared; i++) if (got[i] !== want[i]) return i;
  return Math.min(shared, want.length - 1);
}
