/**
 * A full copy of a log in a directory of the ledger's own format (docs/formats/ledger.md): segments, tiles, checkpoint. A
 * block is appended only when the tree it leads to is proven to be the beginning of a tree the log has signed, so a
 * mirror never holds what the log could disown, and never has to take anything back.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { LedgerError, parseBlockHeader, type VerifiedBlock, verifyBlock } from '@cunzheng/ledger';
import { type LedgerWriter, openLedgerReader, openLedgerWriter } from '@cunzheng/ledger/node';
import { MerkleError, type ReadTile } from '@cunzheng/merkle';
import { LogError } from './log-error.js';
import { type ListedEvent, type LogClient } from './log-client.js';
import { cachingTiles, isSameHash, proveBeginning } from './prove-growth.js';
import { type SignedCheckpoint } from './served-checkpoint.js';

export class Mirror {
  /** What is being copied up to, until it is reached. */
  private target: SignedCheckpoint | undefined;
  private publishedNote: string | undefined;

  private constructor(
    private readonly writer: LedgerWriter,
    note: string | undefined,
  ) {
    this.publishedNote = note;
  }

  /** Opens or makes the copy in `dir`. @throws LedgerError as `openLedgerWriter`. */
  static async open(dir: string, origin: string): Promise<Mirror> {
    const writer = await openLedgerWriter({ dir, origin, crypto: nativeCrypto });
    return new Mirror(writer, writer.published === null ? undefined : await readNote(dir));
  }

  /** The checkpoint of the copy. */
  get note(): string | undefined {
    return this.publishedNote;
  }

  /** Blocks copied. */
  get blocks(): number {
    return (this.writer.head?.height ?? -1) + 1;
  }

  /**
   * Copies blocks up to a checkpoint that is proven to follow from all seen before, until it is reached or `isTimeUp`
   * says so; what is left is for the next call. Gives whether it was reached, which a log that goes on after its `close`
   * never is (see {@link readClose}). Throws LogError for what the log sent; a LedgerError is of the copy's own files, and
   * nothing may be written after it.
   */
  async advance(client: LogClient, newest: SignedCheckpoint, isTimeUp: () => boolean): Promise<boolean> {
    this.target ??= newest;
    const target = this.target;
    // Proofs lead to the newest tree: only its tiles are sure to be served.
    const readTile = cachingTiles((tile) => client.fetchTile(tile));
    while (this.size < target.treeSize) {
      if (isTimeUp() || this.writer.head?.isClosed === true) return false;
      await this.copyBlock(client, readTile, newest, target.treeSize);
    }
    await this.publish(target);
    this.target = undefined;
    return target === newest || this.advance(client, newest, isTimeUp);
  }

  /** The event that closes the log, its last entry but for its block's header; undefined while the copy has none. */
  async readClose(): Promise<ListedEvent | undefined> {
    const { head } = this.writer;
    if (head?.isClosed !== true) return undefined;
    const { header, bodies } = await this.writer.readBlock(head.height);
    const last = bodies.at(-1);
    if (last === undefined) return undefined;
    const leafIndex = parseBlockHeader(header).firstIndex + last.ordinal;
    return { leafIndex, body: Buffer.from(last.body).toString('utf8') };
  }

  async close(): Promise<void> {
    await this.writer.close();
  }

  private get size(): number {
    return this.writer.head?.treeSize ?? 0;
  }

  private async copyBlock(
    client: LogClient,
    readTile: ReadTile,
    newest: SignedCheckpoint,
    maxSize: number,
  ): Promise<void> {
    const height = this.blocks;
    const block = await client.fetchBlock(height);
    const verified = this.verify(height, () => verifyBlock(this.writer.chain, this.writer.head, block));
    const { treeSize, frontier } = verified.head;
    if (treeSize > maxSize) {
      throw new LogError(
        'unproven',
        `blocks/${height}: it ends at ${treeSize}, where the log signed ${maxSize}`,
      );
    }
    const { rootHash } =
      treeSize === newest.treeSize ? newest : await proveBeginning(readTile, treeSize, newest);
    if (!isSameHash(rootHash, frontier.root())) {
      throw new LogError('unproven', `blocks/${height}: it is not in the tree that the log has signed`);
    }
    await this.writer.appendBlock(verified);
  }

  private verify(height: number, verify: () => VerifiedBlock): VerifiedBlock {
    try {
      return verify();
    } catch (cause) {
      if (!(cause instanceof LedgerError) && !(cause instanceof MerkleError)) throw cause;
      throw new LogError('unproven', `blocks/${height}: ${cause.message}`, { cause });
    }
  }

  private async publish({ treeSize, note }: SignedCheckpoint): Promise<void> {
    if (treeSize < this.size || note === this.publishedNote) return;
    await this.writer.writeTiles();
    await this.writer.publishCheckpoint(Buffer.from(note));
    this.publishedNote = note;
  }
}

async function readNote(dir: string): Promise<string> {
  const reader = await openLedgerReader({ dir });
  try {
    return Buffer.from(await reader.readCheckpoint()).toString('utf8');
  } finally {
    await reader.close();
  }
}
