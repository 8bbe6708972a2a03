/**
 * Not waiting for ever. A queue whose server is away answers no call, not even the one to close it; the database holds
 * what matters, so both sides give up after a while.
 */

/** The outcome of `work`, unless that takes longer than `timeoutMs`. @throws Error naming `what` then. */
export async function giveUpAfter<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the queue did not ${what} within ${timeoutMs} ms`));
    }, timeoutMs);
    // It is no reason for a process to stay that is otherwise done.
    timer.unref();
  });
  return await Promise.race([work, timeout]).finally(() => {
    clearTimeout(timer);
  });
}
