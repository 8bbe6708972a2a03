/** Looks at a log again and again until there is something to say: the rhythm, the patience, and the copy. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Finding } from './finding.js';
import { type Follower, type Look } from './follower.js';
import { type LogClient } from './log-client.js';
import { LogError } from './log-error.js';
import { type Mirror } from './mirror.js';
import { type SignedCheckpoint } from './served-checkpoint.js';

export interface WatchOptions {
  readonly once: boolean;
  readonly intervalMs: number;
  /** Without a checkpoint that holds for so long, the log is stale. */
  readonly staleAfterMs: number;
  /** Without growth for so long, likewise, unless it is closed. */
  readonly expectGrowthMs: number | undefined;
  readonly stop: AbortSignal;
  readonly nowMs: () => number;
  readonly onLook: (look: Look & { outcome: 'holds' }) => void;
  /** Told what went wrong and will be tried again. */
  readonly onTrouble: (error: LogError) => void;
}

export interface Watched {
  readonly client: LogClient;
  readonly follower: Follower;
  readonly mirror: Mirror | undefined;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;

/** The finding that ends it, or undefined after the one look that was asked for. Throws LogError if that gave nothing. */
export async function watch(watched: Watched, options: WatchOptions): Promise<Finding | undefined> {
  for (;;) {
    const startedMs = options.nowMs();
    const finding = await lookAndCopy(watched, options);
    if (finding !== undefined || options.once) return finding;
    const restMs = Math.max(0, startedMs + options.intervalMs - options.nowMs());
    await delay(restMs, undefined, { signal: options.stop });
  }
}

async function lookAndCopy(watched: Watched, options: WatchOptions): Promise<Finding | undefined> {
  const { follower } = watched;
  try {
    const look = await lookPatiently(follower, options.stop);
    if (look.outcome === 'finding') return look.finding;
    options.onLook(look);
    const finding = await copy(watched, look.checkpoint, options);
    if (finding !== undefined) return finding;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    const silentMs = follower.silentMs();
    if (silentMs >= options.staleAfterMs) {
      return follower.stale(`no checkpoint that holds for ${seconds(silentMs)}: ${error.message}`);
    }
    if (options.once) throw error;
    options.onTrouble(error);
  }
  const ungrownMs = follower.ungrownMs();
  const mayGrow = follower.close === undefined;
  return mayGrow && options.expectGrowthMs !== undefined && ungrownMs >= options.expectGrowthMs
    ? follower.stale(`the tree has not grown for ${seconds(ungrownMs)}`)
    : undefined;
}

async function lookPatiently(follower: Follower, stop: AbortSignal): Promise<Look> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await follower.look();
    } catch (error) {
      if (!(error instanceof LogError) || attempt === ATTEMPTS) throw error;
      await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal: stop });
    }
  }
}

/**
 * A copy that takes long does not keep the follower from looking: it goes on after the next look. Of a log that went on after
 * the `close` in its copy that is the finding.
 */
async function copy(
  { client, follower, mirror }: Watched,
  checkpoint: SignedCheckpoint,
  { once, intervalMs, nowMs }: WatchOptions,
): Promise<Finding | undefined> {
  const endMs = nowMs() + intervalMs;
  await mirror?.advance(client, checkpoint, () => !once && nowMs() >= endMs);
  const close = await mirror?.readClose();
  return close && (await follower.considerClose(close));
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1000)} s`;
}
