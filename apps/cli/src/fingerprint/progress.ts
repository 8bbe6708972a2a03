/** A progress bar on stderr for whatever takes longer than a second, when a person is there to see it. */
import { basename } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { printable } from '../terminal.js';

const SHOW_AFTER_MS = 1_000;
const BYTES_PER_MB = 1_000_000;

/** `always`: from the start and without a terminal too. */
export type ProgressMode = 'always' | 'if-long' | 'never';

export interface Progress {
  /** So many bytes are done in all. */
  advance(doneBytes: number): void;
  stop(): void;
}

/** What the options of a command ask for. */
export function progressMode(options: { readonly progress?: true; readonly json?: boolean }): ProgressMode {
  if (options.progress) return 'always';
  return process.stderr.isTTY && !options.json ? 'if-long' : 'never';
}

export function startProgress(path: string, totalBytes: number, mode: ProgressMode): Progress {
  if (mode === 'never') return { advance: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    {
      format: `${printable(basename(path))} {bar} {percentage}% of {total} MB, {eta_formatted} left`,
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: SHOW_AFTER_MS,
      hideCursor: true,
      // The pace of the last seconds, not of the last chunks.
      etaBuffer: 200,
    },
    Presets.shades_classic,
  );
  const showAtMs = mode === 'always' ? 0 : performance.now() + SHOW_AFTER_MS;
  let shown = false;
  return {
    advance(doneBytes) {
      if (!shown && performance.now() < showAtMs) return;
      if (!shown) bar.start(megabytes(totalBytes), 0);
      shown = true;
      bar.update(megabytes(doneBytes));
    },
    stop() {
      if (shown) bar.stop();
    },
  };
}

const megabytes = (bytes: number): number => Math.round(bytes / BYTES_PER_MB);

/** Counts what has no known end. */
export function startCount(what: string, mode: ProgressMode): Progress {
  if (mode === 'never') return { advance: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `{value} ${what}, {duration_formatted}`,
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: SHOW_AFTER_MS,
    hideCursor: true,
  });
  bar.start(0, 0);
  return {
    advance(done) {
      bar.update(done);
    },
    stop() {
      bar.stop();
    },
  };
}
