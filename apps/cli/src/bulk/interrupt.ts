/** Ctrl-C in work that can be gone on with: the first one ends it in order, so that its state is on the disk. */
import { CliError } from '../cli-error.js';

/** Runs `work` with a signal that the first SIGINT or SIGTERM raises. @throws CliError `interrupted`. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new CliError('interrupted', 'interrupted: give the same command again to go on', { cause: error });
  } finally {
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
  }
}
