/**
 * The chain of blocks, one after the other. After a block that does not hold, the ones behind it are still checked for
 * themselves and against their neighbours, so that one damage does not hide the next; the tree is lost from there on.
 */
import {
  type Block,
  type Chain,
  type ChainHead,
  LedgerError,
  parseBlockHeader,
  parseEvent,
  parseTime,
  verifyBlock,
  type VerifiedBlock,
} from '@cunzheng/ledger';
import { Frontier } from '@cunzheng/merkle';
import { type Findings } from './findings.js';
import { type LogFault, type Outcome } from './log-fault.js';
import { type SourcedBlock } from './log-source.js';

/** Blocks in a row that cannot be read: the rest will not be readable either. */
const MAX_UNREADABLE = 8;

/** By how much clocks of one service may differ, and how long an event may wait for its block: docs/formats/event.md. */
const EVENT_TOLERANCE_MS = 300_000;

export class BlockReplay {
  readonly #chain: Chain;
  readonly #findings: Findings;
  /** `undefined` after a break: whatever comes next is taken as it is. */
  #head: ChainHead | null | undefined = null;
  #unreadable = 0;
  /** Height of the block that comes next. */
  height = 0;
  /** Blocks that hold. */
  verified = 0;
  /** Every block so far holds, so leaves and roots are known. */
  isTreeKnown = true;

  constructor(chain: Chain, findings: Findings) {
    this.#chain = chain;
    this.#findings = findings;
  }

  /** Nothing more can be learned from going on. */
  get isHopeless(): boolean {
    return this.#findings.isFull || this.#unreadable >= MAX_UNREADABLE;
  }

  /** The state after the last block, if it holds. */
  get head(): ChainHead | null {
    return this.#head ?? null;
  }

  /** Verifies the next block; null if it does not hold, which is then a finding. */
  next(outcome: Outcome<SourcedBlock>): VerifiedBlock | null {
    const height = this.height++;
    if ('fault' in outcome) return this.#miss(height, outcome.fault);
    this.#unreadable = 0;
    const { block, headerEntry } = outcome.value;
    const before = this.#head?.createdAt;
    const verified = this.#verify(height, block);
    if (verified === null) return null;
    this.#head = verified.head;
    this.verified++;
    if (headerEntry !== undefined && Buffer.compare(headerEntry, verified.headerEntry) !== 0) {
      const leafIndex = verified.head.treeSize - 1;
      this.#findings.add('block', `block ${height}: entry ${leafIndex} is not that of its header`, {
        height,
        leafIndex,
      });
    }
    this.#checkEvents(verified, before);
    return verified;
  }

  #miss(height: number, fault: LogFault): null {
    // What is not there ends the log; what is damaged may have intact blocks behind it.
    this.#unreadable = fault.kind === 'missing' ? MAX_UNREADABLE : this.#unreadable + 1;
    this.#findings.addFault('block', fault, { height });
    this.#lose();
    return null;
  }

  #verify(height: number, block: Block): VerifiedBlock | null {
    try {
      if (this.#head !== undefined) return verifyBlock(this.#chain, this.#head, block);
    } catch (error) {
      this.#report(height, error);
      this.#lose();
      return null;
    }
    try {
      return verifyBlock(this.#chain, headBefore(this.#chain, height, block), block);
    } catch (error) {
      this.#report(height, error);
      return null;
    }
  }

  /** `before`: the time of the block before, if that one holds. */
  #checkEvents({ header, block }: VerifiedBlock, before: string | undefined): void {
    for (const { ordinal, body } of block.bodies) {
      const leafIndex = header.firstIndex + ordinal;
      const place = { height: header.height, leafIndex };
      try {
        const { log, createdAt } = parseEvent(body);
        if (log !== this.#chain.origin)
          this.#findings.add('event', `entry ${leafIndex}: the event is of the log ${log}`, place);
        const misdated = findMisdating(createdAt, before, header.createdAt);
        if (misdated !== undefined) this.#findings.add('event', `entry ${leafIndex}: ${misdated}`, place);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        this.#findings.add('event', `entry ${leafIndex}: ${error.message}`, place);
      }
    }
  }

  #report(height: number, error: unknown): void {
    if (!(error instanceof LedgerError)) throw error;
    const message = error.message.startsWith('block ') ? error.message : `block ${height}: ${error.message}`;
    this.#findings.add('block', `${message} (${error.code})`, { height });
  }

  #lose(): void {
    this.#head = undefined;
    this.isTreeKnown = false;
  }
}

/** Why the event cannot be from between the block before its own and its own; undefined if it can. */
function findMisdating(createdAt: string, before: string | undefined, own: string): string | undefined {
  const atMs = parseTime(createdAt);
  if (atMs > parseTime(own) + EVENT_TOLERANCE_MS)
    return `the event says ${createdAt}, more than 300 s after its block, ${own}`;
  if (before !== undefined && atMs < parseTime(before) - EVENT_TOLERANCE_MS)
    return `the event says ${createdAt}, more than 300 s before the block before its own, ${before}`;
  return undefined;
}

/** A predecessor that the block itself names, so that all the rules inside the block can be checked. Its tree is not real. */
function headBefore(chain: Chain, height: number, block: Block): ChainHead | null {
  if (height === 0) return null;
  const { previous, firstIndex, createdAt } = parseBlockHeader(block.header);
  const frontier = Frontier.empty(chain.hasher);
  return {
    height: height - 1,
    treeSize: firstIndex,
    headerHash: previous,
    createdAt,
    frontier,
    isClosed: false,
  };
}
