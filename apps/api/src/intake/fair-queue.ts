/**
 * A queue in which organizations take turns: each one's items come out in the order in which they went in, and however
 * many one of them has, the others wait for one of its items at most.
 */

interface Line<T> {
  items: T[];
  next: number;
}

export class FairQueue<T> {
  /** In the order of turns. An organization without items has no line. */
  private readonly lines = new Map<number, Line<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(organization: number, item: T): void {
    const line = this.lines.get(organization);
    if (line) line.items.push(item);
    else this.lines.set(organization, { items: [item], next: 0 });
    this.count += 1;
  }

  /** The next item of the organization whose turn it is, and then it is the next one's. */
  shift(): T | undefined {
    for (const [organization, line] of this.lines) {
      this.lines.delete(organization);
      const item = line.items[line.next];
      line.next += 1;
      this.count -= 1;
      if (line.next < line.items.length) this.lines.set(organization, trimmed(line));
      return item;
    }
    return undefined;
  }

  /** Up to `max` items, turn by turn. */
  take(max: number): T[] {
    const taken: T[] = [];
    while (taken.length < max && this.count > 0) taken.push(this.shift() as T);
    return taken;
  }
}

/** Forgets what has come out, now and then: a line that never runs dry must not grow. */
function trimmed<T>(line: Line<T>): Line<T> {
  return line.next < 1_024 ? line : { items: line.items.slice(line.next), next: 0 };
}
