/**
 * Every signed checkpoint that can be reached against the replayed tree: those that the log lists, its newest, and those that
 * the auditor kept. Signatures are verified as far as there is trust, roots always.
 */
import { encodeHex, type Trust } from '@cunzheng/receipt';
import { type Findings } from './findings.js';
import { LogFault, type Outcome, type Place } from './log-fault.js';
import { type LogLists } from './log-source.js';
import { prefetch } from './prefetch.js';
import { readList } from './list-check.js';
import { readSignedHead, type SignedHead } from './signed-head.js';

/** A checkpoint that the auditor has from elsewhere. */
export interface KeptCheckpoint {
  /** The file. */
  readonly name: string;
  readonly note: string;
}

interface ListedNote {
  readonly treeSize: number;
  readonly note: string;
}

interface NamedHead {
  readonly name: string;
  readonly head: SignedHead;
}

export interface CheckpointCounts {
  /** Checkpoints whose root is that of the replayed tree, each counted once for where it came from. */
  readonly compared: number;
  /** Of these, signed by a key of the trust. */
  readonly signed: number;
  /** Largest tree size that a quorum of witnesses cosigned. */
  readonly witnessedSize: number | null;
}

export class CheckpointCheck {
  readonly #trust: Trust | null;
  readonly #newest: SignedHead;
  readonly #findings: Findings;
  readonly #listed: AsyncGenerator<Outcome<ListedNote>, void>;
  /** The one of the list that the replay has not come to. */
  #waiting: SignedHead | null = null;
  #named: NamedHead[];
  #compared = 0;
  #signed = 0;
  #witnessedSize: number | null = null;

  /** `trust`: null when signatures cannot be verified. */
  constructor(
    newest: SignedHead,
    kept: readonly KeptCheckpoint[],
    lists: LogLists | undefined,
    parallelReads: number,
    trust: Trust | null,
    findings: Findings,
  ) {
    this.#trust = trust;
    this.#newest = newest;
    this.#findings = findings;
    this.#listed = lists === undefined ? none() : readNotes(lists, newest.treeSize, parallelReads);
    this.#named = [{ name: 'the newest checkpoint', head: newest }, ...this.#readKept(kept)];
  }

  get counts(): CheckpointCounts {
    return { compared: this.#compared, signed: this.#signed, witnessedSize: this.#witnessedSize };
  }

  /** The next block ended at `treeSize`, with this root. */
  async blockEnds(treeSize: number, root: () => Uint8Array): Promise<void> {
    for (const { name, head } of this.#named)
      if (head.treeSize === treeSize) this.#compare(name, head, root());
    this.#named = this.#named.filter(({ head }) => head.treeSize !== treeSize);
    for (let head = await this.#nextListed(); head !== null && head.treeSize <= treeSize;) {
      this.#waiting = null;
      const name = `checkpoints/${head.treeSize}`;
      if (head.treeSize === treeSize) this.#compare(name, head, root());
      else this.#reportNoEnd(name, head);
      head = await this.#nextListed();
    }
  }

  /** The replay is at the end of the log: what it did not come to cannot be of it. */
  finish(treeSize: number): void {
    for (const { name, head } of this.#named) {
      if (head.treeSize <= treeSize) this.#reportNoEnd(name, head);
      else {
        const message = `${name} is of tree size ${head.treeSize}, the log ends at ${treeSize}: it was set back`;
        this.#findings.add('checkpoint', message, { treeSize: head.treeSize });
      }
    }
  }

  #readKept(kept: readonly KeptCheckpoint[]): NamedHead[] {
    return kept.flatMap(({ name, note }) => {
      const head = this.#read(name, note, {});
      return head === null ? [] : [{ name, head }];
    });
  }

  async #nextListed(): Promise<SignedHead | null> {
    while (this.#waiting === null) {
      const outcome = await this.#nextOutcome();
      if (outcome === null) return null;
      if ('fault' in outcome) this.#findings.addFault('checkpoint', outcome.fault);
      else this.#waiting = this.#readListed(outcome.value);
    }
    return this.#waiting;
  }

  async #nextOutcome(): Promise<Outcome<ListedNote> | null> {
    try {
      const next = await this.#listed.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      // The list itself; there is nothing more of it. Where none is kept it is not there at all.
      if (!(error instanceof LogFault)) throw error;
      return error.kind === 'missing' ? null : { fault: error };
    }
  }

  #readListed({ treeSize, note }: ListedNote): SignedHead | null {
    const name = `checkpoints/${treeSize}`;
    const head = this.#read(name, note, { treeSize });
    if (head === null || head.treeSize === treeSize) return head;
    this.#findings.add('checkpoint', `${name} is of tree size ${head.treeSize}`, { treeSize });
    return null;
  }

  #read(name: string, note: string, place: Place): SignedHead | null {
    try {
      const head = readSignedHead(name, note, this.#trust, place);
      if (head.origin === this.#newest.origin) return head;
      this.#findings.add(
        'checkpoint',
        `${name} is of the log ${head.origin}, want ${this.#newest.origin}`,
        place,
      );
    } catch (error) {
      if (!(error instanceof LogFault)) throw error;
      this.#findings.addFault('checkpoint', error, place);
    }
    return null;
  }

  #compare(name: string, head: SignedHead, root: Uint8Array): void {
    const { treeSize, rootHash } = head;
    if (Buffer.compare(rootHash, root) !== 0) {
      const [got, want] = [encodeHex(rootHash), encodeHex(root)];
      const message = `${name} has the root ${got} for tree size ${treeSize}, the blocks give ${want}`;
      this.#findings.add('checkpoint', message, { treeSize });
      return;
    }
    this.#compared++;
    if (head.logKeys.length > 0) this.#signed++;
    if (head.isWitnessed) this.#witnessedSize = Math.max(this.#witnessedSize ?? 0, treeSize);
  }

  #reportNoEnd(name: string, { treeSize }: SignedHead): void {
    this.#findings.add('checkpoint', `${name}: no block ends at tree size ${treeSize}`, { treeSize });
  }
}

/** The notes of all checkpoints up to the newest, by tree size. */
function readNotes(
  lists: LogLists,
  newestSize: number,
  parallelReads: number,
): AsyncGenerator<Outcome<ListedNote>, void> {
  const sizes = readSizes(lists, newestSize);
  return prefetch(sizes, parallelReads, async (treeSize) => ({
    treeSize,
    note: await lists.readCheckpointOf(treeSize),
  }));
}

async function* readSizes(lists: LogLists, newestSize: number): AsyncGenerator<number, void> {
  let last = -1;
  for await (const treeSize of readList((from) => lists.listCheckpointSizes(from))) {
    if (treeSize > newestSize) return;
    if (treeSize <= last) throw new LogFault('damaged', `the list checkpoints has ${treeSize} after ${last}`);
    last = treeSize;
    yield treeSize;
  }
}

async function* none(): AsyncGenerator<never, void> {
  // A directory keeps no list.
}
