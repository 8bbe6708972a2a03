/** Reads ahead, in order and a bounded number at a time: memory stays the same however much there is to read. */
import { type Outcome, outcomeOf } from './log-fault.js';

/**
 * Runs `read` for each item, `limit` at a time, and yields the outcomes in the order of the items. An error that is no
 * LogFault is thrown where its outcome would come.
 */
export async function* prefetch<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<Outcome<R>, void> {
  const pending: Promise<() => Outcome<R>>[] = [];
  for await (const item of items) {
    pending.push(hold(outcomeOf(read(item))));
    if (pending.length >= limit) yield await next(pending);
  }
  while (pending.length > 0) yield await next(pending);
}

async function next<R>(pending: Promise<() => Outcome<R>>[]): Promise<Outcome<R>> {
  return (await (pending.shift() as Promise<() => Outcome<R>>))();
}

/** Keeps an error until someone asks: one that nobody waits for yet must not end the process. */
async function hold<R>(outcome: Promise<Outcome<R>>): Promise<() => Outcome<R>> {
  try {
    const settled = await outcome;
    return () => settled;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
