/** Waiting for a condition instead of sleeping. */
import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 5;

/** Asks `look` again and again until it gives something; `what` is named when it does not within `timeoutMs`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await delay(INTERVAL_MS);
  }
}
