/** Every checkpoint that anybody could have seen: of one tree size there must be one root, and each must extend the last. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { openLedgerReader } from '@cunzheng/ledger/node';
import { createTreeHasher, verifyConsistency } from '@cunzheng/merkle';
import { verifyCheckpoint, type Trust } from '@cunzheng/receipt';
import { promise } from './fault-error.js';

const sha256 = nativeCrypto.digest('sha-256');
const hasher = createTreeHasher((data) => sha256.hash(data));

export class CheckpointBook {
  readonly #roots = new Map<number, string>();
  /** Up to this size consecutive checkpoints were shown to be consistent. */
  provenSize = 0;
  /** Distinct checkpoints, by tree size. */
  compared = 0;
  /** Consistency proofs verified. */
  proofs = 0;

  /** Takes a note that was served or stored. @throws FaultError when it conflicts with one seen before. */
  add(trust: Trust, note: string, from: string): void {
    const { treeSize, rootHash } = verifyCheckpoint(nativeCrypto, trust.policy, note);
    const root = Buffer.from(rootHash).toString('hex');
    const known = this.#roots.get(treeSize);
    promise(
      known === undefined || known === root,
      () => `two checkpoints of size ${treeSize} conflict (${from}): ${known ?? ''} and ${root}`,
    );
    if (known === undefined) this.compared += 1;
    this.#roots.set(treeSize, root);
  }

  /** Has everything compared and proven anew by the next {@link check}. */
  beginAgain(): void {
    this.provenSize = 0;
  }

  /** Holds all of them against the replayed ledger, and proves each new one consistent with the one before. */
  async check(directory: string, replayed: ReadonlyMap<number, string>): Promise<void> {
    for (const [size, root] of this.#roots) {
      promise(
        replayed.get(size) === root,
        () =>
          `the checkpoint of size ${size} has root ${root}, the ledger ${replayed.get(size) ?? 'no block that ends there'}`,
      );
    }
    const sizes = [...this.#roots.keys()].sort((left, right) => left - right);
    const reader = await openLedgerReader({ dir: directory });
    try {
      for (const [i, size] of sizes.entries()) {
        const earlier = sizes[i - 1];
        if (earlier === undefined || size <= this.provenSize) continue;
        const proof = await reader.computeConsistencyProof(earlier, size);
        verifyConsistency(hasher, earlier, size, this.#root(earlier), this.#root(size), proof);
        this.proofs += 1;
      }
      this.provenSize = sizes.at(-1) ?? 0;
    } finally {
      await reader.close();
    }
  }

  #root(size: number): Uint8Array {
    return Buffer.from(this.#roots.get(size) ?? '', 'hex');
  }
}
