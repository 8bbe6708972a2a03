/** Receipts, and what is made of them, are there a moment after a record was accepted: asked for until then. */
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceRefusal } from '../service/service-refusal.js';

const POLL_INTERVAL_MS = 500;

/** What `ask` gives once it is no longer refused as pending; nothing at `deadlineMs` (of `performance.now()`). Asks at least once. */
export async function untilReady<T>(deadlineMs: number, ask: () => Promise<T>): Promise<T | undefined> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceRefusal) || error.problemCode !== 'receipt-pending') throw error;
      if (performance.now() >= deadlineMs) return undefined;
    }
    await delay(POLL_INTERVAL_MS);
  }
}
