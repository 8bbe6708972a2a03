/** How far a replay is and how fast, on stderr, when a person is there to see it. */
import { Presets, SingleBar } from 'cli-progress';
import { type ProgressMode } from '../fingerprint/progress.js';

const SHOW_AFTER_MS = 1_000;

export interface ReplayProgress {
  advance(done: number, total: number): void;
  stop(): void;
}

/** `unit`: what is counted, such as `entries`. */
export function startReplayProgress(unit: string, mode: ProgressMode): ReplayProgress {
  const startMs = performance.now();
  const bar = new SingleBar(
    {
      format: `{bar} {percentage}% of {total} ${unit}, {rate} ${unit}/s, {eta_formatted} left`,
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: SHOW_AFTER_MS,
      hideCursor: true,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  );
  const showAtMs = mode === 'always' ? 0 : startMs + SHOW_AFTER_MS;
  let shown = false;
  return {
    advance(done, total) {
      const nowMs = performance.now();
      if (mode === 'never' || (!shown && nowMs < showAtMs)) return;
      if (!shown) bar.start(total, 0, { rate: '–' });
      shown = true;
      bar.update(done, { rate: formatRate(done, nowMs - startMs) });
    },
    stop() {
      if (shown) bar.stop();
    },
  };
}

/** Per second, in thousands apart. */
export function formatRate(count: number, elapsedMs: number): string {
  return formatCount(Math.round((1_000 * count) / Math.max(elapsedMs, 1)));
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
