/** `--wait`: for how many seconds a command waits until a receipt is ready. */
import { InvalidArgumentError } from 'commander';

export const DEFAULT_WAIT_SECONDS = 30;
const MAX_WAIT_SECONDS = 3_600;

export function parseWait(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new InvalidArgumentError(`want whole seconds, 0 to ${MAX_WAIT_SECONDS}`);
}
