/**
 * The ledger's files read block by block as they grow, every rule of the chain checked, and what they held remembered: an
 * entry's places, the root at each block's end, each header. What was read once must never read differently.
 */
import { createHash } from 'node:crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  createChain,
  ENTRY_SIZE,
  verifyBlock,
  type Block,
  type Chain,
  type ChainHead,
} from '@cunzheng/ledger';
import { openLedgerReader } from '@cunzheng/ledger/node';
import { promise } from './fault-error.js';

export class LedgerReplay {
  /** Leaf indexes by entry, hex. */
  readonly places = new Map<string, number[]>();
  /** Root hashes, hex, by the tree sizes at which blocks end. */
  readonly roots = new Map<number, string>();
  readonly #headers: string[] = [];
  readonly #chain: Chain;
  #head: ChainHead | null = null;

  constructor(origin: string) {
    this.#chain = createChain(nativeCrypto, origin);
  }

  get blocks(): number {
    return this.#headers.length;
  }

  /** Reads what has come since; `again` reads everything and compares it with what was there before. */
  async advance(directory: string, again = false): Promise<void> {
    const before = { headers: [...this.#headers], roots: new Map(this.roots) };
    if (again) this.#forget();
    const reader = await openLedgerReader({ dir: directory });
    try {
      const tip = await reader.readTip();
      promise(
        (tip?.height ?? -1) + 1 >= before.headers.length,
        () => `the ledger ends at block ${tip?.height ?? 'none'}, it had ${before.headers.length} blocks`,
      );
      for (let height = this.#headers.length; height <= (tip?.height ?? -1); height += 1) {
        this.#append(await reader.readBlock(height));
      }
    } finally {
      await reader.close();
    }
    promise(
      before.headers.every((header, height) => this.#headers[height] === header) &&
        [...before.roots].every(([size, root]) => this.roots.get(size) === root),
      () => 'the ledger holds another history than before',
    );
  }

  #append(block: Block): void {
    const { head, header } = verifyBlock(this.#chain, this.#head, block);
    const entries = Buffer.from(block.entries);
    for (let i = 0; i < header.count; i += 1) {
      const entry = entries.toString('hex', i * ENTRY_SIZE, (i + 1) * ENTRY_SIZE);
      this.places.set(entry, [...(this.places.get(entry) ?? []), header.firstIndex + i]);
    }
    this.#headers.push(createHash('sha256').update(block.header).digest('hex'));
    this.roots.set(head.treeSize, Buffer.from(head.frontier.root()).toString('hex'));
    this.#head = head;
  }

  #forget(): void {
    this.places.clear();
    this.roots.clear();
    this.#headers.length = 0;
    this.#head = null;
  }
}
