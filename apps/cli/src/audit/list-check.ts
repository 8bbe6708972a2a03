/**
 * A list that a service keeps beside its ledger, page by page, against what the replay saw. Such a list is for finding
 * things: one that leaves something out or adds something misleads, though it proves nothing.
 */
import { LogFault } from './log-fault.js';
import { type ListPage } from './log-source.js';

/** The items of all pages, in order. Throws LogFault. */
export async function* readList<T>(
  readPage: (from: number) => Promise<ListPage<T>>,
): AsyncGenerator<T, void> {
  for (let from: number | undefined = 0; from !== undefined;) {
    const { items, next }: ListPage<T> = await readPage(from);
    yield* items;
    from = next;
  }
}

export class ListCheck<T> {
  readonly name: string;
  readonly #items: AsyncGenerator<T, void> | null;
  readonly #onFault: (message: string) => void;
  #isOver = false;
  /** Items that were as they must be. */
  compared = 0;

  /** `items`: null where the source keeps no such list. */
  constructor(name: string, items: AsyncGenerator<T, void> | null, onFault: (message: string) => void) {
    this.name = name;
    this.#items = items;
    this.#onFault = onFault;
    this.#isOver = items === null;
  }

  /** Whether the list was compared to where the replay got. */
  get isComplete(): boolean {
    return !this.#isOver;
  }

  /** The list's next item must be `what`. After the first that is not, the list is left alone. */
  async expect(what: string, isRight: (item: T) => boolean): Promise<void> {
    if (this.#isOver || this.#items === null) return;
    try {
      const next = await this.#items.next();
      if (next.done !== true && isRight(next.value)) {
        this.compared++;
        return;
      }
      this.#onFault(
        `the list ${this.name} ${next.done === true ? 'lacks' : 'has something else than'} ${what}`,
      );
    } catch (error) {
      if (!(error instanceof LogFault)) throw error;
      // A list that is not kept is said to be so by a 404.
      if (error.kind !== 'missing') this.#onFault(error.message);
    }
    this.#isOver = true;
  }
}
