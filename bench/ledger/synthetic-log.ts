/**
 * A log for measuring: real blocks, tiles and signed checkpoints, over entries whose digests are random bytes. Made by the
 * writer that the worker uses, without database or queue.
 */
import { generateKeyPairSync, randomFillSync, sign } from 'node:crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  buildBlock,
  type Chain,
  type ChainHead,
  createChain,
  ENTRY_SIZE,
  EntryType,
  formatOpenEvent,
  type VerifiedBlock,
} from '@cunzheng/ledger';
import { type LedgerWriter, openLedgerWriter } from '@cunzheng/ledger/node';
import {
  formatCheckpoint,
  formatNote,
  formatTrustFolder,
  formatVerifierKey,
  parseVerifierKey,
  signNote,
  type TrustFiles,
} from '@cunzheng/receipt';

export const BLOCK_ENTRIES = 4_096;
export const ORIGIN = 'localhost/logs/bench';
const CREATED_AT = '2025-01-01T00:00:00.000Z';

export class SyntheticLog {
  readonly chain: Chain = createChain(nativeCrypto, ORIGIN);
  private readonly keys = generateKeyPairSync('ed25519');
  private readonly vkey = formatVerifierKey(
    nativeCrypto,
    ORIGIN,
    'ed25519',
    Buffer.from(this.keys.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
  );

  /** Trusts this log and asks for no witness. */
  get trustFiles(): TrustFiles {
    const logs = [{ key: parseVerifierKey(nativeCrypto, this.vkey) }];
    return formatTrustFolder({ policy: { logs, witnesses: [], groups: [], quorum: 'none' } });
  }

  open(dir: string): Promise<LedgerWriter> {
    return openLedgerWriter({ dir, origin: ORIGIN, crypto: nativeCrypto });
  }

  /** The next block of `count` entries; block 0 has its opening event besides. */
  nextBlock(head: ChainHead | null, count = BLOCK_ENTRIES): VerifiedBlock {
    const open = formatOpenEvent({ createdAt: CREATED_AT, log: ORIGIN, verifierKeys: [this.vkey] });
    return buildBlock(this.chain, head, {
      createdAt: CREATED_AT,
      events: head === null ? [open] : [],
      entries: randomEntries(count),
    });
  }

  /** Signs the checkpoint of the writer's head and publishes it. */
  async publish(writer: LedgerWriter): Promise<void> {
    const { head } = writer;
    if (head === null) throw new Error('the log is empty');
    const text = formatCheckpoint({
      origin: ORIGIN,
      treeSize: head.treeSize,
      rootHash: head.frontier.root(),
    });
    const line = signNote(text, parseVerifierKey(nativeCrypto, this.vkey), (message) =>
      sign(null, message, this.keys.privateKey),
    );
    await writer.publishCheckpoint(Buffer.from(formatNote(text, [line])));
  }

  /** Lets a ledger grow until it has `treeSize` leaves or a few more, and publishes. */
  async grow(dir: string, treeSize: number): Promise<void> {
    const writer = await this.open(dir);
    while ((writer.head?.treeSize ?? 0) < treeSize) await writer.appendBlock(this.nextBlock(writer.head));
    await writer.writeTiles();
    await this.publish(writer);
    await writer.close();
  }
}

function randomEntries(count: number): Buffer {
  const entries = randomFillSync(Buffer.allocUnsafe(count * ENTRY_SIZE));
  for (let at = 0; at < entries.length; at += ENTRY_SIZE)
    entries.set([0x43, 0x5a, 0x01, EntryType.record], at);
  return entries;
}
